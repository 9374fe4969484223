// The data of layers: fetched from this server, as JSON or as Arrow, and kept for as long as a reader may come back to them.
import { tableFromIPC } from "apache-arrow";
import { ArrowRows } from "./arrow_rows.js";

const ARROW = "application/vnd.apache.arrow.stream";
const MOST_KEPT = 16;
const LONGEST_SENTENCE = 300;
const kept = new Map();

/**
 * The data behind an address: an array or GeoJSON, or ArrowRows.
 *
 * @param url - of this server.
 * @throws Error whose message is one sentence for the reader.
 */
export function load(url) {
    let data = kept.get(url);
    kept.delete(url);
    data ??= fetchData(url).catch(error => {
        kept.delete(url);
        throw error;
    });
    kept.set(url, data);
    if (kept.size > MOST_KEPT) {
        kept.delete(kept.keys().next().value);
    }
    return data;
}

async function fetchData(url) {
    if (new URL(url, location.href).origin !== location.origin) {
        throw new Error("The map does not load data from another host.");
    }
    let response;
    try {
        response = await fetch(url);
    } catch {
        throw new Error("The server cannot be reached; the map shows what it had.");
    }
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok) {
        throw new Error(await sentence(response, type));
    }
    if (type.startsWith(ARROW)) {
        return new ArrowRows(tableFromIPC(new Uint8Array(await response.arrayBuffer())));
    }
    // Streamlit answers an address that nobody knows with its page.
    if (!type.includes("json")) {
        throw new Error("The data of this map are not where they should be; reload the page.");
    }
    return response.json();
}

async function sentence(response, type) {
    const text = type.startsWith("text/plain") ? (await response.text()).trim() : "";
    return text && text.length <= LONGEST_SENTENCE ? text : `The data of this map could not be loaded (${response.status}).`;
}
