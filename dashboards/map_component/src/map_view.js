// One map on the page: MapLibre below, the layers of deck.gl in it, the tools above.
import { MapLibreOverlay } from "@deck.gl/maplibre";
import { AttributionControl, FullscreenControl, Map as BaseMap, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import { cameraOf, viewportOf } from "./camera.js";
import { Drawing, PREFIX } from "./drawing.js";
import { debounced, element, loadStyles } from "./elements.js";
import { LayerStack } from "./layer_stack.js";
import { Picking } from "./picking.js";
import { Status } from "./status.js";

const PAUSE_MS = 350;
const FLIGHT_MS = 900;
const CLICK_PIXELS = 5;

setWorkerUrl(new URL("worker.js", import.meta.url).href);

/** A map that stays on the page while Python has it show one thing after another. */
export class MapView {
    /** Makes a map in a part of the page; waits for its styles, since it takes the size that they give it. */
    static async create(parent, data) {
        const root = element("div", "gcrm-map");
        parent.append(root);
        await loadStyles(parent, new URL("map.css", import.meta.url).href);
        return new MapView(root, data);
    }

    constructor(root, data) {
        this.root = root;
        this.style = JSON.stringify(data.style);
        this.camera = JSON.stringify(data.camera);
        this.report = {};
        this.status = new Status(root);
        const container = element("div", "base");
        root.prepend(container);
        this.map = baseMap(container, data, root);
        this.overlay = new MapLibreOverlay({ interleaved: true, layers: [], parent: unheard() });
        this.stack = new LayerStack(layers => this.drawLayers(layers), this.status);
        this.map.addControl(this.overlay);
        this.picking = new Picking(root, this.map, this.overlay, this.stack, picked => this.report.setTriggerValue("picked", picked));
        this.styled = new Promise(resolve => this.map.once("style.load", resolve));
        this.watch();
    }

    watch() {
        const { map, status } = this;
        status.loading("map", true);
        map.on("dataloading", () => status.loading("map", true));
        map.on("idle", () => status.loading("map", false));
        map.on("error", ({ error }) => status.problem("map", sentence(error)));
        map.on("sourcedata", ({ tile }) => tile && status.problem("map", ""));
        map.once("load", () => this.drawLayers(this.layers ?? []));
        const tell = debounced(() => this.report.setStateValue("viewport", viewportOf(map)), PAUSE_MS);
        map.on("moveend", () => {
            if (this.data.follows && !isWithin(map.getZoom(), this.data.still)) {
                tell();
            }
        });
        map.on("pitchend", () => this.tilt());
        map.on("style.load", () => this.tilt());
        this.resizing = new ResizeObserver(() => map.resize());
        this.resizing.observe(this.root);
    }

    /** Shows what Python asks for; what did not change is left as it is. */
    update(data, report) {
        this.data = data;
        this.report = report;
        this.root.style.setProperty("--height", data.height ? `${data.height}px` : "100%");
        this.root.classList.toggle("dark", data.dark);
        this.restyle(data.style);
        this.look(data.camera);
        this.picking.setTemplate(data.card);
        Object.assign(this.stack.options, this.layerOptions());
        this.stack.update(data.layers, data.selected, data.outline);
        this.tools(data);
    }

    /** Seen from the side, buildings are blocks; from above they are footprints, which leave the data free. */
    tilt() {
        const isTilted = this.map.getPitch() > 0;
        for (const [layer, isShown] of [["buildings", !isTilted], ["buildings-3d", isTilted]]) {
            if (this.map.getLayer(layer)) {
                this.map.setLayoutProperty(layer, "visibility", isShown ? "visible" : "none");
            }
        }
    }

    layerOptions() {
        return {
            beforeId: this.data.style.layers.find(layer => layer.type === "symbol")?.id,
            pickable: this.picking.isOn,
            onTileError: error => this.status.problem("tiles", `A part of the data could not be loaded (${error.message}).`)
        };
    }

    drawLayers(layers) {
        this.layers = layers;
        this.overlay.setProps({ layers });
    }

    /** Another style, such as the dark one; what is drawn by hand is in the style too, and stays. */
    restyle(style) {
        const text = JSON.stringify(style);
        if (text === this.style) {
            return;
        }
        this.style = text;
        const isDrawn = name => name.startsWith(PREFIX);
        const drawn = sources => Object.fromEntries(Object.entries(sources).filter(([name]) => isDrawn(name)));
        this.map.setStyle(style, {
            transformStyle: (before, next) => ({
                ...next,
                sources: { ...next.sources, ...drawn(before?.sources ?? {}) },
                layers: [...next.layers, ...(before?.layers ?? []).filter(layer => isDrawn(layer.id))]
            })
        });
    }

    /** Goes where Python sends the map; the same camera again is none. */
    look(camera) {
        const text = JSON.stringify(camera);
        if (text !== this.camera) {
            this.camera = text;
            this.map.flyTo({ ...cameraOf(camera), duration: FLIGHT_MS });
        }
    }

    /** The tools are made where a page first asks for them, once the style can take what they draw. */
    async tools(data) {
        if (this.drawing === undefined && (data.tools.length || data.drawn?.features.length)) {
            this.drawing = null;
            await this.styled;
            this.drawing = new Drawing(this.root, this.map, data.accent, isBusy => this.pause(isBusy), shapes => this.report.setStateValue("drawn", shapes));
        }
        this.drawing?.offer(this.data.tools);
        if (this.data.drawn) {
            this.drawing?.show(this.data.drawn);
        }
    }

    /** Nothing is picked while something is drawn. */
    pause(isDrawing) {
        this.picking.setOn(!isDrawing);
        this.root.classList.toggle("drawing", isDrawing);
        this.stack.setOptions(this.layerOptions());
    }

    remove() {
        this.resizing.disconnect();
        this.map.remove();
        this.root.remove();
    }
}

/** Whether a zoom is between two others; no zoom is between none. */
const isWithin = (zoom, range) => range !== null && range[0] <= zoom && zoom <= range[1];

/** What went wrong with the streets, for the reader. */
function sentence(error) {
    const ended = error?.status === 401;
    return ended ? "Your session has ended; sign in again to see the streets." : "A part of the streets could not be loaded; the map shows what it has.";
}

/** Where deck.gl listens for the pointer: nothing is heard there, since the map tells what is clicked and hovered. */
const unheard = () => element("div", "", {}, [element("div", "deck-events-root")]);

function baseMap(container, data, root) {
    const map = new BaseMap({
        container,
        style: data.style,
        ...cameraOf(data.camera),
        maxZoom: 20,
        maxPitch: 70,
        attributionControl: false,
        clickTolerance: CLICK_PIXELS,
        fadeDuration: 0,
        renderWorldCopies: false,
        // Addresses of the style have no host: it is drawn by workers, which need one.
        transformRequest: url => ({ url: new URL(url, location.origin).href })
    });
    map.addControl(new NavigationControl({ visualizePitch: true }), "top-right");
    // The whole of it: with its card, its tools and what is wrong.
    map.addControl(new FullscreenControl({ container: root }), "top-right");
    map.addControl(new AttributionControl({ compact: false }), "bottom-right");
    map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-right");
    return map;
}
