// Builds the bundle: `node build.mjs [FOLDER]`. The same sources and the same lock give the same bytes.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, "bundle");
const PERMISSIVE = /^(MIT|ISC|0BSD|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|Zlib|Unlicense|CC0-1\.0)$/;

mkdirSync(folder, { recursive: true });
const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: [
        { in: "src/index.js", out: "map" },
        { in: "src/map.css", out: "map" },
        { in: "maplibre-gl/dist/maplibre-gl-worker.mjs", out: "worker" }
    ],
    outdir: folder,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    conditions: ["visgl:webgl-only"],
    // They stand in NOTICES.txt, whole.
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "warning",
    metafile: true
});
writeFileSync(join(folder, "NOTICES.txt"), notices(bundled(metafile)));

/** The folders of the packages of which something is in the bundle; MapLibre comes as one file that holds parts of what it depends on. */
function bundled({ outputs }) {
    const files = Object.values(outputs).flatMap(output => Object.entries(output.inputs)).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    const inside = Object.keys(JSON.parse(readFileSync(join(here, "node_modules/maplibre-gl/package.json"), "utf8")).dependencies);
    const roots = [...files.map(([path]) => packageOf(path)), ...inside.map(placeOf)];
    return [...new Set(roots.filter(Boolean))].filter(root => !root.includes("/@types/"));
}

/** Where a package that MapLibre depends on lies: within it, where another depends on another version. */
function placeOf(name) {
    const own = `node_modules/maplibre-gl/node_modules/${name}`;
    return existsSync(join(here, own)) ? own : `node_modules/${name}`;
}

/** The licences of all packages of which something is in the bundle. */
function notices(roots) {
    const said = roots.map(root => [root, notice(root)]).sort(([first], [second]) => (first < second ? -1 : 1));
    return `The bundle of the map holds parts of these packages.\n${said.map(([, text]) => text).join("")}`;
}

/** The folder of the package of a file: behind the last node_modules. */
function packageOf(path) {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    return found?.[1];
}

function notice(root) {
    const { name, version, license } = JSON.parse(readFileSync(join(here, root, "package.json"), "utf8"));
    const spdx = typeof license === "string" ? license : license?.type;
    // Of licences to choose from, one that is permissive is enough.
    if (!(spdx ?? "").replace(/[()]/g, "").split(" OR ").some(each => PERMISSIVE.test(each))) {
        throw new Error(`${name} ${version} is under ${spdx}, which is not one of the permissive licences that the bundle may hold.`);
    }
    return `\n${"=".repeat(80)}\n${name} ${version} (${spdx})\n${"=".repeat(80)}\n\n${licenceOf(root, name)}\n`;
}

/** The text of the licence with the notices that belong to it; a package that carries none has it in `licences`. */
function licenceOf(root, name) {
    const folder = join(here, root);
    const texts = readdirSync(folder).filter(each => /^(licen[cs]e|copying|notice)(\.|$)/i.test(each)).sort();
    const files = texts.length ? texts.map(each => join(folder, each)) : [join(here, "licences", `${name}.txt`)];
    return files.map(file => readFileSync(file, "utf8").replaceAll("\r\n", "\n").trim()).join("\n\n");
}
