// Where the map looks: taken from Python when that changes, left to the reader otherwise.

/** The camera of MapLibre for a view state of deck.gl. */
export function cameraOf({ longitude, latitude, zoom, pitch = 0, bearing = 0 }) {
    return { center: [longitude, latitude], zoom, pitch, bearing };
}

/** What is seen, in degrees, as Python reads it. */
export function viewportOf(map) {
    const bounds = map.getBounds();
    return { west: bounds.getWest(), south: bounds.getSouth(), east: bounds.getEast(), north: bounds.getNorth(), zoom: map.getZoom() };
}
