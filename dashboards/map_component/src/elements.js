// Small helpers around the DOM.

/** An element with a class, attributes and children. */
export function element(name, className, attributes = {}, children = []) {
    const made = document.createElement(name);
    made.className = className;
    for (const [key, value] of Object.entries(attributes)) {
        made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
}

const SPECIAL = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A value as text that HTML shows as it is; nothing for a missing one. */
export function escaped(value) {
    return String(value ?? "").replace(/[&<>"']/g, sign => SPECIAL[sign]);
}

/** Loads a style sheet into a part of the page, and waits for it: a map measures its surroundings when it is made. */
export function loadStyles(parent, url) {
    return new Promise(resolve => {
        const link = element("link", "", { rel: "stylesheet", href: url });
        link.addEventListener("load", resolve);
        link.addEventListener("error", resolve);
        parent.append(link);
    });
}

/** A function that runs once nothing has asked for it for some milliseconds. */
export function debounced(run, milliseconds) {
    let timer;
    return (...values) => {
        clearTimeout(timer);
        timer = setTimeout(() => run(...values), milliseconds);
    };
}
