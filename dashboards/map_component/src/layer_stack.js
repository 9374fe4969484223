// The layers of a map: which data each is drawn from, what of them is loading, and what could not be loaded.
import { load } from "./data.js";
import { isTiled, layerOf, selectionOf } from "./layers.js";

/** Holds what is declared, and draws each layer as soon as its data are there; until then the one that it follows stays. */
export class LayerStack {
    /**
     * @param draw - called with layers of deck.gl, from bottom to top.
     * @param status - told what is loading, and what is wrong.
     */
    constructor(draw, status) {
        this.draw = draw;
        this.status = status;
        this.shown = new Map();
        this.waiting = new Map();
        this.order = [];
        this.options = {};
        this.selected = new Set();
        this.outline = [0, 0, 0];
    }

    /**
     * Shows other layers.
     *
     * @param descriptions - of pydeck, from bottom to top.
     * @param selected - ids of objects.
     * @param outline - the colour around them.
     */
    update(descriptions, selected, outline) {
        this.selected = new Set(selected);
        this.outline = outline;
        this.order = descriptions.map(each => each.id);
        for (const description of descriptions) {
            this.take(description);
        }
        for (const id of [...this.shown.keys(), ...this.waiting.keys()].filter(each => !this.order.includes(each))) {
            this.shown.delete(id);
            this.waiting.delete(id);
        }
        this.redraw();
    }

    /** What holds for all layers: see `layerOf`. */
    setOptions(options) {
        Object.assign(this.options, options);
        this.redraw();
    }

    /** Marks the object under the pointer: `layer` and `index`; null for none. */
    highlight(hovered) {
        const before = this.options.hovered ?? null;
        if (before?.layer !== hovered?.layer || before?.index !== hovered?.index) {
            this.setOptions({ hovered });
        }
    }

    /** What is shown of a layer, by the id of the deck.gl layer that was picked: its description and data. */
    find(id) {
        return this.shown.get(id);
    }

    take(description) {
        const text = JSON.stringify(description);
        const before = this.waiting.get(description.id) ?? this.shown.get(description.id);
        if (before?.text === text) {
            return;
        }
        const next = { text, description, data: description.data };
        this.waiting.delete(description.id);
        if (typeof description.data !== "string" || isTiled(description)) {
            this.shown.set(description.id, next);
            return;
        }
        if (this.shown.get(description.id)?.description.data === description.data) {
            this.shown.set(description.id, { ...next, data: this.shown.get(description.id).data });
            return;
        }
        this.waiting.set(description.id, next);
        this.wait(next);
    }

    async wait(next) {
        const { id, data: url } = next.description;
        let problem = "";
        try {
            next.data = await load(url);
        } catch (error) {
            problem = error.message;
        }
        if (this.waiting.get(id) !== next) {
            return;
        }
        this.waiting.delete(id);
        if (problem) {
            this.shown.delete(id);
        } else {
            this.shown.set(id, next);
        }
        this.status.problem(id, problem);
        this.redraw();
    }

    redraw() {
        const layers = [];
        for (const shown of this.order.map(id => this.shown.get(id)).filter(Boolean)) {
            try {
                layers.push(layerOf(shown.description, shown.data, this.options));
                const outlined = selectionOf(shown.description, shown.data, this.selected, this.outline, this.options);
                layers.push(...(outlined ? [outlined] : []));
            } catch (error) {
                this.status.problem(shown.description.id, error.message);
            }
        }
        this.status.loading("data", this.waiting.size > 0);
        this.draw(layers);
    }
}
