// What lies under the pointer: the card beside it, and the object that was chosen.
import { idAccessor } from "./layers.js";
import { element, escaped } from "./elements.js";

const RADIUS = 4;
const AWAY = 14;

/** Shows a card for what is hovered, and tells what was clicked, or chosen by Enter in the middle of the map. */
export class Picking {
    /**
     * @param root - where the card is drawn.
     * @param map - of MapLibre.
     * @param overlay - of deck.gl.
     * @param stack - the layers.
     * @param choose - told the layer and the id of an object.
     */
    constructor(root, map, overlay, stack, choose) {
        Object.assign(this, { map, overlay, stack, choose, template: "", isOn: true, pointer: null });
        this.card = element("div", "card", { role: "tooltip", hidden: "" });
        root.append(this.card);
        // A click of the map is a press and a release at one place, however long a slow machine takes between them.
        map.on("click", event => this.pick(event.point));
        map.on("mousemove", event => this.moveTo(event.point));
        map.on("mouseout", () => this.moveTo(null));
        map.on("movestart", () => this.moveTo(null));
        map.getCanvas().addEventListener("keydown", event => this.key(event));
    }

    /** HTML of the card: `{name}` stands for a value of the object, which is escaped. */
    setTemplate(template) {
        this.template = template;
        if (!template) {
            this.hide();
        }
    }

    /** Nothing is picked while a shape is drawn. */
    setOn(isOn) {
        this.isOn = isOn;
        this.hide();
    }

    key(event) {
        if (event.key === "Enter") {
            const { clientWidth, clientHeight } = this.map.getCanvas();
            this.pick({ x: clientWidth / 2, y: clientHeight / 2 });
        }
    }

    pick(point) {
        const found = this.at(point);
        const idOf = found && idAccessor(found.shown.description);
        if (idOf) {
            this.choose({ layer: found.shown.description.id, id: String(idOf(found.object)) });
        }
    }

    /** What is drawn at a point: the declared layer, the object and its index; null for nothing. */
    at({ x, y }) {
        const info = this.isOn ? this.overlay.pickObject({ x, y, radius: RADIUS }) : null;
        const shown = info?.layer && this.stack.find(info.layer.id);
        const object = shown && (info.object ?? shown.data.at?.(info.index));
        return object ? { shown, object, index: info.index } : null;
    }

    /** The pointer is elsewhere: looked at once a frame, since looking takes a drawing. */
    moveTo(point) {
        if (this.pointer === null && point !== null) {
            requestAnimationFrame(() => this.hover());
        }
        this.pointer = point;
        if (point === null) {
            this.hide();
        }
    }

    hover() {
        const point = this.pointer;
        this.pointer = null;
        const found = point && this.at(point);
        if (!found) {
            this.hide();
            return;
        }
        this.stack.highlight({ layer: found.shown.description.id, index: found.index });
        this.map.getCanvas().style.cursor = "pointer";
        if (this.template) {
            this.card.innerHTML = filled(this.template, found.object);
            this.card.hidden = false;
            this.place(point.x, point.y);
        }
    }

    hide() {
        this.card.hidden = true;
        this.stack.highlight(null);
        if (this.isOn) {
            this.map.getCanvas().style.cursor = "";
        }
    }

    /** Beside the pointer, within the map. */
    place(x, y) {
        const { clientWidth, clientHeight } = this.map.getContainer();
        const { offsetWidth, offsetHeight } = this.card;
        const left = x + AWAY + offsetWidth > clientWidth ? x - AWAY - offsetWidth : x + AWAY;
        const top = Math.min(y + AWAY, clientHeight - offsetHeight);
        this.card.style.transform = `translate(${Math.max(left, 0)}px, ${Math.max(top, 0)}px)`;
    }
}

/** A template with the values of an object; `{a.b}` reads deeper. */
export function filled(template, object) {
    const values = object.properties ? { ...object.properties, ...object } : object;
    return template.replace(/\{([\w. ]+)\}/g, (_, path) => escaped(path.split(".").reduce((value, name) => value?.[name], values)));
}
