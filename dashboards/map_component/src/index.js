// What Streamlit calls: once when a map appears on the page, and again whenever Python has something new to show on it.
import { MapView } from "./map_view.js";

const views = new WeakMap();

/**
 * Shows what Python asks for; the map of this place on the page is made once and kept over all reruns.
 *
 * @param component - of Streamlit: `data` (see `_data` in __init__.py), the element to draw in, and the ways back to Python.
 * @returns what Streamlit calls when the map is taken off the page.
 */
export async function render({ data, parentElement, setStateValue, setTriggerValue }) {
    let made = views.get(parentElement);
    if (made === undefined) {
        made = MapView.create(parentElement, data);
        views.set(parentElement, made);
    }
    const view = await made;
    view.update(data, { setStateValue, setTriggerValue });
    return () => setTimeout(() => removeWhereGone(parentElement, view));
}

/** Streamlit also calls it when a rerun overtook another: the map then is still on the page, and stays. */
function removeWhereGone(parentElement, view) {
    if (!view.root.isConnected) {
        views.delete(parentElement);
        view.remove();
    }
}
