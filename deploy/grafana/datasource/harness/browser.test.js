// The plugin in a browser: Grafana's real components around it, the real back end behind it, and a live server behind that.
// `LOGSTORE` is the server's URL; `HOST`, `BACK_END` and `CHROMIUM` are programs.
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { launch, open, stopsOf } = require('./browser.js');
const { serve } = require('./serve.js');

const { LOGSTORE, HOST, BACK_END, CHROMIUM } = process.env;
const AXE = require.resolve('axe-core/axe.min.js');
const NARROW = { width: 480, height: 800 };
const FORM = { show: 'explore', mode: 'builder', type: 'table', expr: 'level:error "was served" | count by tag' };
const PAGES = { 'the query as text': { show: 'explore', expr: 'level:error' }, 'the query as a form': FORM, 'the settings': { show: 'settings' } };

// What is not the plugin's: headings and landmarks of the page around it, and those of Grafana's own components.
const NOT_OURS = ['page-has-heading-one', 'heading-order', 'landmark-unique', 'region'];

let served;
let browser;
before(async () => {
  [served, browser] = await Promise.all([serve({ logstore: LOGSTORE, host: HOST, backEnd: BACK_END }), launch(CHROMIUM)]);
});
after(async () => {
  await browser?.close();
  await served?.close();
});

/** A test on a page of its own, of which nothing may complain. */
function shown(name, wanted, check) {
  test(name, async () => {
    const { page, complaints } = await open(browser.context, served.url, wanted);
    await check(page);
    assert.deepEqual(complaints, []);
    await page.close();
  });
}

const text = (page) => page.evaluate(() => document.querySelector('.view-lines').innerText.replaceAll('\u00a0', ' '));
const until = (page, expected) => page.waitForFunction((wanted) => document.querySelector('.view-lines')?.innerText.replaceAll('\u00a0', ' ') === wanted, expected);
const done = (page) => page.locator('[data-testid=answer][data-state=Done]').waitFor();
const tabTo = async (page, role, name, key = 'Tab') => {
  while (!(await page.getByRole(role, { name, exact: true }).evaluateAll((found) => found.includes(document.activeElement)))) {
    await page.keyboard.press(key);
  }
};
const code = (page) => tabTo(page, 'textbox', 'Query; press Alt+F1 for accessibility options');
const offered = (page, label) => page.locator('.suggest-widget.visible .monaco-list-row', { hasText: label }).first();

shown('a query is completed, run and answered by the keyboard alone', { show: 'explore' }, async (page) => {
  await code(page);
  await page.keyboard.type('lev');
  await offered(page, 'level').waitFor();
  await page.keyboard.press('Enter');
  await offered(page, 'error').waitFor();
  assert.equal(await text(page), 'level:');
  await page.locator('.suggest-widget .monaco-list-row.focused').waitFor();
  while (!(await page.locator('.suggest-widget .monaco-list-row.focused', { hasText: 'error' }).count())) {
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
  await until(page, 'level:error');
  await page.keyboard.press('Shift+Enter');
  await done(page);
  const levels = await page.locator('[data-level]').allInnerTexts();
  assert.ok(levels.length > 5);
  assert.deepEqual([...new Set(levels)], ['error']);
});

shown('Escape takes the completions away and leaves the query as it is', { show: 'explore' }, async (page) => {
  await code(page);
  await page.keyboard.type('* | co');
  await offered(page, 'count').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.suggest-widget.visible').waitFor({ state: 'detached' });
  assert.equal(await text(page), '* | co');
});

shown('Tab takes a completion, and without one goes on to what is next', { show: 'explore' }, async (page) => {
  await code(page);
  await page.keyboard.type('* | cou');
  await offered(page, 'count').waitFor();
  await page.keyboard.press('Tab');
  await until(page, '* | count ');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  await page.waitForFunction(() => !document.activeElement.closest('.monaco-editor'));
  assert.equal(await text(page), '* | count ');
  await page.keyboard.press('Shift+Tab');
  await page.waitForFunction(() => document.activeElement.closest('.monaco-editor'));
});

shown('a query that is wrong is underlined where it is wrong, and says why', { show: 'explore', expr: 'level:error | cuont' }, async (page) => {
  await page.getByRole('status').getByText('unknown stage cuont (line 1, column 15): did you mean count?').waitFor();
  await page.locator('.squiggly-error').waitFor();
  const [mark, word] = await Promise.all([page.locator('.squiggly-error').boundingBox(), page.locator('.view-line span', { hasText: /^cuont$/ }).first().boundingBox()]);
  assert.ok(Math.abs(mark.x - word.x) < 2 && Math.abs(mark.width - word.width) < 4, `${JSON.stringify(mark)} is not below ${JSON.stringify(word)}`);
  await code(page);
  await page.keyboard.press('Shift+Enter');
  await page.getByRole('alert').getByText('unknown stage cuont (line 1, column 15): did you mean count?').waitFor();
});

shown('a form is opened, filled in and run by the keyboard alone', { show: 'explore', app: 'dashboard', expr: 'level:error', type: 'logs' }, async (page) => {
  await tabTo(page, 'radio', 'Code');
  await page.keyboard.press('ArrowLeft');
  await tabTo(page, 'button', 'Field');
  await page.keyboard.press('Enter');
  const choose = async (label, value) => {
    await page.getByRole('combobox', { name: label }).last().focus();
    await page.keyboard.type(value);
    await page.getByRole('option', { name: value }).first().waitFor();
    await page.keyboard.press('Enter');
  };
  await choose('Field', 'service');
  await choose('Value', 'cart');
  await tabTo(page, 'radio', 'Builder');
  await page.keyboard.press('ArrowRight');
  await until(page, 'level:error service:cart');
  await tabTo(page, 'button', 'Run query', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await done(page);
});

shown('lines of JSON are offered to be taken apart', { show: 'explore', expr: 'tag:shop.json', run: '' }, async (page) => {
  await page.getByRole('button', { name: /The lines are JSON/ }).click();
  await until(page, 'tag:shop.json | json');
  await page.getByTestId('lines').getByText('amount=').first().waitFor();
});

shown('numbers over time are drawn, and nothing of them is missing', { show: 'explore', type: 'range', expr: '* | count by bin($__interval), level', run: '' }, async (page) => {
  await page.getByTestId('series').locator('canvas').first().waitFor();
  for (const level of ['info', 'error']) {
    await page.getByTestId('series').getByText(level, { exact: true }).waitFor();
  }
});

shown('what a query does, and how it is answered, is told', { show: 'explore', expr: 'level:error | count by service' }, async (page) => {
  await tabTo(page, 'switch', 'Explain');
  await page.keyboard.press('Space');
  await page.getByText('finds events whose level is “error”').waitFor();
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await page.getByTestId('logstore-plan').waitFor();
});

async function violations(page) {
  await page.addScriptTag({ path: AXE });
  const found = await page.evaluate((rules) => window.axe.run({ rules: Object.fromEntries(rules.map((rule) => [rule, { enabled: false }])) }), NOT_OURS);
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
}

for (const [name, wanted] of Object.entries(PAGES)) {
  shown(`${name}: each stop of the keyboard has a name and is seen, nothing stands out of a narrow page, and everybody can read it`, wanted, async (page) => {
    const stops = await stopsOf(page);
    assert.ok(stops.length > 5);
    assert.deepEqual(stops.filter((stop) => !stop.name || !stop.isSeen), []);
    assert.deepEqual(await violations(page), []);
    await page.setViewportSize(NARROW);
    await page.waitForFunction(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
  });

  shown(`${name} can be read by everybody in the light theme too`, { ...wanted, theme: 'light' }, async (page) => {
    assert.deepEqual(await violations(page), []);
  });
}
