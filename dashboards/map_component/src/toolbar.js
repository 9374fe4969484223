// The buttons of the drawing tools.
import { element } from "./elements.js";

const ICONS = {
    polygon: '<path d="M5 8.5 12 4l7 5-2.5 9.5h-9z"/>',
    lasso: '<path d="M4 11c0-4 3.5-6.500 8-6.500s8 2 8 5.500-3.500 5.500-8 5.500c-2 0-4-.5-5.500-1.500M6.500 14c-1.500 1-1 3 .5 3s2 1 1.500 3"/>',
    rectangle: '<path d="M4.500 6.500h15v11h-15z"/>',
    circle: '<circle cx="12" cy="12" r="7.500"/><path d="M12 12h7.500" stroke-dasharray="2 2"/>',
    edit: '<path d="m6 3.500 12.500 8-5.500 1.500-2.500 6z"/>',
    remove: '<path d="M5 7h14M10 7V4.500h4V7M7 7l1 12.500h8L17 7M10.500 10.500v5.500M13.500 10.500v5.500"/>'
};
const LABELS = {
    polygon: "Draw a polygon: click its corners, double-click the last",
    lasso: "Draw freehand: hold and move",
    rectangle: "Draw a rectangle: from corner to corner",
    circle: "Draw a circle: from its middle outward",
    edit: "Change a shape: click it, then drag it or its corners",
    remove: "Delete the chosen shape, or all"
};

/** Buttons in a column; the one that is in use is pressed. */
export class Toolbar {
    /** @param root - where it is drawn; @param use - told the name of a button. */
    constructor(root, use) {
        this.bar = element("div", "toolbar", { role: "toolbar", "aria-label": "Drawing", "aria-orientation": "vertical", hidden: "" });
        this.use = use;
        this.buttons = new Map();
        root.append(this.bar);
    }

    /** Shows a button for each name. */
    show(names) {
        this.buttons = new Map(names.map(name => [name, this.button(name)]));
        this.bar.replaceChildren(...this.buttons.values());
        this.bar.hidden = names.length === 0;
    }

    button(name) {
        const made = element("button", "", { type: "button", title: LABELS[name], "aria-label": LABELS[name], "data-tool": name });
        made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;
        made.addEventListener("click", () => this.use(name));
        return made;
    }

    /** Marks the button that is in use; none of them for null. */
    press(pressed) {
        for (const [name, button] of this.buttons) {
            button.setAttribute("aria-pressed", String(name === pressed));
        }
    }
}
