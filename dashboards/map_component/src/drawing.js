// Drawing: polygons, freehand, rectangles, circles; what is drawn can be moved, reshaped and deleted.
import { TerraDraw, TerraDrawCircleMode, TerraDrawFreehandMode, TerraDrawPolygonMode, TerraDrawRectangleMode, TerraDrawSelectMode } from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import { element } from "./elements.js";
import { DECIMALS, fromGeoJson, modeOf, radiusOf, toGeoJson } from "./shapes.js";
import { Toolbar } from "./toolbar.js";

/** The sources and layers that Terra Draw adds to the style begin with it. */
export const PREFIX = "drawn";
const IDLE = "static";
const CORNERS = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true } } };
const SIZE = { feature: { draggable: true, coordinates: { resizable: "opposite" } } };
const RADIUS = { feature: { draggable: true, coordinates: { resizable: "center" } } };

/** The tools of a map, and the shapes that were drawn with them. */
export class Drawing {
    /**
     * @param root - where the buttons are drawn.
     * @param map - of MapLibre, whose style is loaded.
     * @param colour - of the shapes, hexadecimal.
     * @param busy - told whether a tool is in use.
     * @param report - told the shapes when one was drawn, changed or deleted.
     */
    constructor(root, map, colour, busy, report) {
        Object.assign(this, { map, busy, report, told: "", chosen: null });
        const adapter = new TerraDrawMapLibreGLAdapter({ map, prefixId: PREFIX, coordinatePrecision: DECIMALS, minPixelDragDistanceDrawing: 4 });
        this.draw = new TerraDraw({ adapter, modes: modes(colour) });
        this.draw.start();
        this.toolbar = new Toolbar(root, name => this.use(name));
        this.hint = element("output", "hint", { hidden: "" });
        root.append(this.hint);
        this.draw.on("finish", (_, { action }) => this.finish(action));
        this.draw.on("change", ids => this.measure(ids));
        this.draw.on("select", id => { this.chosen = id; });
        this.draw.on("deselect", () => { this.chosen = null; });
        map.getCanvas().addEventListener("keyup", event => this.key(event));
    }

    /** The tools that the page offers; where it offers none, there is nothing to change either. */
    offer(tools) {
        const names = tools.length ? [...tools, "edit", "remove"] : [];
        if (String([...this.toolbar.buttons.keys()]) !== String(names)) {
            this.toolbar.show(names);
            this.use(null);
        }
    }

    /** Shows the shapes that Python has, where they are not those that are drawn already. */
    show(collection) {
        if (outlines(collection) !== outlines(toGeoJson(this.draw.getSnapshot()))) {
            this.draw.clear();
            this.draw.addFeatures(fromGeoJson(collection, () => this.draw.getFeatureId()));
        }
    }

    /** Takes a tool, or lays it down: null, or the same one again. */
    use(name) {
        if (name === "remove") {
            this.remove();
            return;
        }
        const mode = name === "edit" ? "select" : modeOf(name);
        const next = mode === undefined || mode === this.draw.getMode() ? IDLE : mode;
        this.draw.setMode(next);
        this.toolbar.press(next === IDLE ? null : name);
        this.hint.hidden = true;
        this.busy(next !== IDLE);
        if (next !== IDLE) {
            this.map.getCanvas().focus({ preventScroll: true });
        }
    }

    remove() {
        const shapes = toGeoJson(this.draw.getSnapshot()).features.map(each => each.id);
        const chosen = this.chosen === null ? shapes : [String(this.chosen)];
        if (this.chosen !== null) {
            this.draw.deselectFeature(this.chosen);
        }
        this.draw.removeFeatures(this.draw.getSnapshot().map(each => each.id).filter(id => chosen.includes(String(id))));
        this.use(null);
        this.tell();
    }

    finish(action) {
        if (action === "draw") {
            this.use(null);
        }
        this.tell();
    }

    /** Escape lays the tool down; Delete takes the chosen shape away, which Terra Draw does itself. */
    key(event) {
        if (event.key === "Escape") {
            this.use(null);
        } else if (event.key === "Delete" && this.draw.getMode() === "select") {
            this.tell();
        }
    }

    /** While a circle is drawn or resized, its radius is said. */
    measure(ids) {
        const circle = this.draw.getMode() === IDLE ? undefined : ids.map(id => this.draw.getSnapshotFeature(id)).find(each => each?.properties.mode === "circle");
        if (circle) {
            const metres = radiusOf(circle.geometry);
            this.hint.textContent = `Radius ${metres < 10_000 ? `${Math.round(metres).toLocaleString("en")} m` : `${(metres / 1000).toFixed(1)} km`}`;
            this.hint.hidden = false;
        }
    }

    tell() {
        const shapes = toGeoJson(this.draw.getSnapshot());
        const text = outlines(shapes);
        if (text !== this.told) {
            this.told = text;
            this.report(shapes);
        }
    }
}

const outlines = collection => JSON.stringify(collection.features.map(each => each.geometry.coordinates));

function modes(colour) {
    const styles = { fillColor: colour, fillOpacity: 0.12, outlineColor: colour, outlineWidth: 2.5, closingPointColor: colour, coordinatePointColor: colour };
    const drag = { drawInteraction: "click-move-or-drag" };
    const selected = {
        selectedPolygonColor: colour, selectedPolygonFillOpacity: 0.2, selectedPolygonOutlineColor: colour, selectedPolygonOutlineWidth: 2.5,
        selectionPointColor: "#ffffff", selectionPointOutlineColor: colour, selectionPointOutlineWidth: 2, selectionPointWidth: 4,
        midPointColor: colour, midPointOutlineColor: "#ffffff", midPointOutlineWidth: 1, midPointWidth: 3
    };
    return [
        new TerraDrawPolygonMode({ styles }),
        new TerraDrawFreehandMode({ styles, drawInteraction: "click-drag", minDistance: 8 }),
        new TerraDrawRectangleMode({ styles, ...drag }),
        new TerraDrawCircleMode({ styles, segments: 48, ...drag }),
        new TerraDrawSelectMode({ styles: selected, flags: { polygon: CORNERS, freehand: CORNERS, rectangle: SIZE, circle: RADIUS } })
    ];
}
