// Shapes between Python and Terra Draw: GeoJSON with the tool of each, and the radius of a circle.

const MODES = { polygon: "polygon", lasso: "freehand", rectangle: "rectangle", circle: "circle" };
const TOOLS = Object.fromEntries(Object.entries(MODES).map(([tool, mode]) => [mode, tool]));
const EARTH_M = 6_371_008.8;
/** Of degrees: a tenth of a metre. */
export const DECIMALS = 6;

/** The mode of Terra Draw that draws with a tool. */
export const modeOf = tool => MODES[tool];

/** What Terra Draw holds, as Python reads it; its handles and what is still being drawn are left out. */
export function toGeoJson(snapshot) {
    const whole = snapshot.filter(each => each.geometry.type === "Polygon" && TOOLS[each.properties.mode] && !each.properties.currentlyDrawing);
    return {
        type: "FeatureCollection",
        features: whole.map(({ id, geometry, properties }) => {
            const tool = TOOLS[properties.mode];
            const radius = tool === "circle" ? { radius_m: Math.round(radiusOf(geometry)) } : {};
            return { type: "Feature", id: String(id), geometry, properties: { tool, ...radius } };
        })
    };
}

/** What Python gives, as Terra Draw takes it; shapes of another program count as polygons. */
export function fromGeoJson(collection, newId) {
    return collection.features.filter(each => each.geometry?.type === "Polygon").map(({ id, geometry, properties }) => ({
        type: "Feature",
        id: id ?? newId(),
        geometry: { type: "Polygon", coordinates: geometry.coordinates.map(ring => ring.map(position => position.slice(0, 2).map(rounded))) },
        properties: { mode: MODES[properties?.tool] ?? "polygon" }
    }));
}

const rounded = degrees => Number(degrees.toFixed(DECIMALS));

/** The radius of a circle in metres: half the way across, from a corner to the one opposite. */
export function radiusOf({ coordinates: [ring] }) {
    return distance(ring[0], ring[Math.floor((ring.length - 1) / 2)]) / 2;
}

/** Metres between two positions, on a sphere. */
function distance([west, south], [east, north]) {
    const radians = degrees => (degrees * Math.PI) / 180;
    const [dy, dx] = [radians(north - south) / 2, radians(east - west) / 2];
    const half = Math.sin(dy) ** 2 + Math.cos(radians(south)) * Math.cos(radians(north)) * Math.sin(dx) ** 2;
    return 2 * EARTH_M * Math.asin(Math.sqrt(half));
}
