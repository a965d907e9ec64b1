// node shoot.mjs PACKAGES ANSWERS SHOTS: draws each page of `dashboards/` in a browser without a window, light and dark.
//
// Fails when a page writes an error to the console, has no answer to a query, or is empty where it must not be.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const WIDTH = 1440;
const BYTES_MAX = 400_000;
const DRAWN_TIMEOUT_MS = 60_000;
const FONTS = [
  ['fonts/roboto', '@fontsource/roboto-mono/files/roboto-mono-latin-400-normal.woff2'],
  ['Inter-Medium', '@fontsource/inter/files/inter-latin-500-normal.woff2'],
  ['fonts/inter', '@fontsource/inter/files/inter-latin-400-normal.woff2'],
];
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const here = dirname(fileURLToPath(import.meta.url));
const [packages, answers, shots, ...only] = process.argv.slice(2).map((one, index) => (index < 3 ? resolve(one) : one));
const load = createRequire(join(packages, 'node_modules', 'any.js'));
const esbuild = load('esbuild');
const puppeteer = load('puppeteer-core');
const sharp = load('sharp');

let problems = 0;
const bundle = await bundled();
const server = createServer(serve).listen(0, '127.0.0.1');
await new Promise((done) => server.once('listening', done));
const browser = await puppeteer.launch({ executablePath: BROWSERS.find(exists), args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb', '--font-render-hinting=none'] });
try {
  const names = readdirSync(join(here, '..')).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -5));
  for (const name of names.filter((name) => only.length === 0 || only.includes(name))) {
    for (const theme of ['light', 'dark']) {
      await shoot(name, theme);
    }
  }
} finally {
  await browser.close();
  server.close();
}
process.exit(problems === 0 ? 0 : 1);

async function shoot(name, theme) {
  const tab = await browser.newPage();
  const say = (text) => {
    problems += 1;
    console.error(`shoot: ${name}, ${theme}: ${text}`);
  };
  tab.on('pageerror', (error) => say(error.message));
  tab.on('console', (message) => message.type() === 'error' && say(message.text()));
  tab.on('requestfailed', (request) => say(`${request.url()} failed`));
  await tab.setViewport({ width: WIDTH, height: 1000 });
  await tab.goto(`http://127.0.0.1:${server.address().port}/${name}/${theme}`, { waitUntil: 'networkidle0', timeout: DRAWN_TIMEOUT_MS });
  await tab.evaluate(() => document.fonts.ready);
  // Charts are drawn in the frame after.
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  for (const title of await tab.$$eval('[data-empty=unexpected]', (all) => all.map((one) => one.closest('section')?.innerText ?? ''))) {
    say(`is empty: ${title.split('\n')[0]}`);
  }
  const height = await tab.evaluate(() => document.getElementById('root').scrollHeight);
  await tab.setViewport({ width: WIDTH, height });
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const raw = await tab.screenshot({ fullPage: false });
  await tab.close();
  const png = await sharp(raw).png({ palette: true, colours: 256, dither: 0, compressionLevel: 9, effort: 10 }).toBuffer();
  if (png.length > BYTES_MAX) {
    say(`the shot has ${png.length} bytes`);
  }
  writeFileSync(join(shots, `${name}-${theme}.png`), png);
  console.log(`${name}-${theme}.png ${WIDTH}x${height} ${Math.round(png.length / 1000)} kB`);
}

async function bundled() {
  const built = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ['src/page.tsx'],
    bundle: true,
    write: false,
    outdir: '/out',
    format: 'iife',
    jsx: 'automatic',
    // The other builds take a default of packages that have none.
    alias: Object.fromEntries(['data', 'schema', 'ui'].map((name) => [`@grafana/${name}`, join(packages, `node_modules/@grafana/${name}/dist/cjs/index.cjs`)])),
    nodePaths: [join(packages, 'node_modules')],
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    loader: { '.woff': 'dataurl', '.woff2': 'dataurl', '.svg': 'dataurl', '.ttf': 'dataurl' },
    // What no page shows: the editor of queries, maps, and a table that needs a newer React.
    plugins: [{
      name: 'left-out',
      setup(build) {
        build.onResolve({ filter: /^(monaco-editor|@monaco-editor\/react|react-data-grid|ol)(\/|$)/ }, ({ path }) => ({ path, namespace: 'left-out' }));
        build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
      },
    }],
    logLevel: 'error',
  });
  return Object.fromEntries(built.outputFiles.map((file) => [extname(file.path), file.contents]));
}

function serve(request, response) {
  const [, first, second] = request.url.split('/');
  const answer = (type, body) => response.writeHead(200, { 'content-type': type }).end(body);
  if (request.url === '/page.js') {
    answer('text/javascript', bundle['.js']);
  } else if (request.url === '/page.css') {
    answer('text/css', bundle['.css']);
  } else if (first === 'public') {
    // Grafana brings these fonts itself; the icons are in the package.
    const font = FONTS.find(([word]) => request.url.includes(word))?.[1];
    const path = join(packages, 'node_modules', font ?? `@grafana/ui/dist/${request.url.replace('/build/', '/')}`);
    exists(path) ? answer(font ? 'font/woff2' : 'image/svg+xml', readFileSync(path)) : response.writeHead(404).end();
  } else if (second === 'light' || second === 'dark') {
    const page = readFileSync(join(here, '..', `${first}.json`), 'utf8');
    const recorded = readFileSync(join(answers, `${first}.json`), 'utf8');
    const shown = `{page: ${page}, answers: ${recorded}, isDark: ${second === 'dark'}, width: ${WIDTH}}`.replaceAll('</', '<\\/');
    answer('text/html', `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css">
<body style="margin:0"><div id="root"></div><script>window.__grafana_public_path__ = '/public/'; window.shown = ${shown};</script><script src="/page.js"></script>`);
  } else {
    response.writeHead(404).end();
  }
}

function exists(path) {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
