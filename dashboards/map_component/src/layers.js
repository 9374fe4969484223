// Layers: from what pydeck declares to what deck.gl draws.
import { COORDINATE_SYSTEM } from "@deck.gl/core";
import { H3HexagonLayer, MVTLayer } from "@deck.gl/geo-layers";
import { JSONConverter } from "@deck.gl/json";
import { ArcLayer, GeoJsonLayer, LineLayer, PathLayer, PolygonLayer, ScatterplotLayer, TextLayer } from "@deck.gl/layers";
import { ArrowRows } from "./arrow_rows.js";

const CLASSES = { ArcLayer, GeoJsonLayer, H3HexagonLayer, LineLayer, MVTLayer, PathLayer, PolygonLayer, ScatterplotLayer, TextLayer };
/** What has to stay readable is drawn above the names of the basemap, everything else below them. */
const ABOVE_NAMES = new Set([ScatterplotLayer, TextLayer]);
const SELECTED_WIDTH = 3;

const converter = new JSONConverter({ configuration: { enumerations: { COORDINATE_SYSTEM } } });

/** Whether deck.gl itself loads the data of a layer, tile by tile. */
export function isTiled(description) {
    return description["@@type"] === "MVTLayer";
}

/**
 * A layer of deck.gl.
 *
 * @param description - of pydeck, as JSON: `@@type`, `id`, and its properties; `getId` gives the id of an object.
 * @param data - an array, GeoJSON, ArrowRows, or the address of tiles.
 * @param options - `beforeId`: the first layer of the basemap that lies above the data; `pickable`: false while a shape is drawn;
 *     `hovered`: the layer and the index of the object under the pointer; `onTileError`: told the error of a tile.
 */
export function layerOf(description, data, { beforeId, pickable, hovered, onTileError }) {
    const { "@@type": type, data: _, ...declared } = description;
    const Layer = CLASSES[type];
    if (Layer === undefined) {
        throw new Error(`The map does not know layers of type ${type}; it knows ${Object.keys(CLASSES).join(", ")}.`);
    }
    const properties = converter.convert(declared);
    const rows = data instanceof ArrowRows ? data : null;
    return new Layer({
        ...(rows ? readingRows(properties, rows) : properties),
        ...(isTiled(description) ? { loadOptions: { worker: false, core: { worker: false } }, onTileError, binary: false } : {}),
        data: rows ? { length: rows.length, rows } : data,
        updateTriggers: triggers(declared),
        beforeId: ABOVE_NAMES.has(Layer) ? undefined : beforeId,
        pickable: pickable && Boolean(declared.pickable),
        // What lies under the pointer is looked for by the map itself: see picking.js.
        autoHighlight: false,
        highlightedObjectIndex: declared.autoHighlight && hovered?.layer === declared.id ? hovered.index : -1
    });
}

/** The selected objects of a layer, with an outline around each; null where none is there. */
export function selectionOf(description, data, selected, outline, options) {
    const idOf = idAccessor(description);
    if (!idOf || !selected.size || isTiled(description)) {
        return null;
    }
    const features = data.type === "FeatureCollection" ? data.features : data;
    const chosen = features.filter(row => selected.has(String(idOf(row))));
    if (!chosen.length) {
        return null;
    }
    const outlined = {
        ...description, id: `${description.id}-selected`, pickable: false, autoHighlight: false, filled: false, stroked: true, extruded: false, opacity: 1,
        getLineColor: outline, getColor: outline, lineWidthMinPixels: SELECTED_WIDTH, lineWidthMaxPixels: SELECTED_WIDTH
    };
    return layerOf(outlined, chosen, options);
}

/** The function that gives the id of an object of a layer; undefined where its objects have none. */
export function idAccessor(description) {
    return description.getId === undefined ? undefined : converter.convert({ getId: description.getId }).getId;
}

function readingRows(properties, rows) {
    const read = Object.entries(properties).map(([name, value]) => [name, typeof value === "function" ? rows.accessor(value) : value]);
    return Object.fromEntries(read);
}

/** deck.gl does not look whether an accessor is another one: it is told by what was declared. */
function triggers(declared) {
    const accessors = Object.entries(declared).filter(([name]) => name.startsWith("get"));
    return Object.fromEntries(accessors.map(([name, value]) => [name, JSON.stringify(value)]));
}
