// What the map says of itself: that it is loading, and what is wrong.
import { element } from "./elements.js";

/** A bar that moves while something is loading, and a sentence while something is wrong. */
export class Status {
    constructor(root) {
        this.root = root;
        this.bar = element("div", "progress", { role: "progressbar", "aria-label": "Loading" });
        this.sentence = element("div", "problem", { role: "alert" });
        this.busy = new Set();
        this.problems = new Map();
        root.append(this.bar, this.sentence);
    }

    /** Something is loading, or has been loaded. */
    loading(what, isLoading) {
        this.busy[isLoading ? "add" : "delete"](what);
        this.root.setAttribute("aria-busy", String(this.busy.size > 0));
    }

    /** Something is wrong, in a sentence; an empty one where it no longer is. */
    problem(what, sentence) {
        this.problems.delete(what);
        if (sentence) {
            this.problems.set(what, sentence);
        }
        this.sentence.textContent = [...new Set(this.problems.values())][0] ?? "";
    }
}
