// Takes the pictures of the plugin's README: `LOGSTORE` has the events that are in them, the rest is as for browser.test.js.
const path = require('node:path');
const { launch } = require('./browser.js');
const { serve } = require('./serve.js');

const { LOGSTORE, HOST, BACK_END, CHROMIUM } = process.env;
const IMAGES = path.join(__dirname, '..', 'src', 'img');
const VIEW = { width: 1100, height: 560 };

const completed = async (page) => {
  await page.locator('[data-testid=answer][data-state=Done]').waitFor();
  await page.locator('.monaco-editor textarea').focus();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(' s');
  await page.locator('.suggest-widget.visible .monaco-list-row', { hasText: 'service' }).waitFor();
};
const drawn = async (page) => {
  await page.getByTestId('series').locator('canvas').first().waitFor();
};
const PICTURES = [
  ['logs', { show: 'explore', expr: 'level:error took:>100', run: '' }, completed],
  ['builder', { show: 'explore', mode: 'builder', type: 'range', theme: 'light', expr: 'status:>=400 | count by bin($__interval), status', run: '' }, drawn, { width: 1100, height: 660 }],
  ['settings', { show: 'settings' }, () => {}, { width: 1280, height: 1310 }],
];

async function main() {
  const served = await serve({ logstore: LOGSTORE, host: HOST, backEnd: BACK_END });
  const browser = await launch(CHROMIUM);
  for (const [name, wanted, arrange, view = VIEW] of PICTURES) {
    const { page } = await browser.open(served.url, wanted, view);
    await arrange(page);
    // Icons come one by one.
    await page.waitForFunction(() => document.querySelector('svg:empty') === null);
    await page.screenshot({ path: path.join(IMAGES, `${name}.png`), animations: 'disabled' });
  }
  await browser.close();
  await served.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
