// The plugin in a browser: Grafana's real components around it, the real back end behind it, and a live server behind that.
// `LOGSTORE` is the server's URL; `HOST`, `BACK_END` and `CHROMIUM` are programs.
const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { launch, stopsOf } = require('./browser.js');
const { serve } = require('./serve.js');

const { LOGSTORE, HOST, BACK_END, CHROMIUM } = process.env;
const AXE = require.resolve('axe-core/axe.min.js');
const NARROW = { width: 480, height: 800 };
const WIDE = { width: 1280, height: 800 };
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

/** A test of what a page shows, of which nothing may complain. */
function shown(name, wanted, check) {
  test(name, async () => {
    try {
      const { page, complaints } = await browser.open(served.url, wanted);
      await check(page);
      assert.deepEqual(complaints, []);
    } catch (error) {
      await browser.forget();
      throw error;
    }
  });
}

const text = (page) => page.evaluate(() => document.querySelector('.view-lines').innerText.replaceAll('\u00a0', ' '));
const until = (page, expected) => page.waitForFunction((wanted) => document.querySelector('.view-lines')?.innerText.replaceAll('\u00a0', ' ') === wanted, expected);
const done = (page) => page.locator('[data-testid=answer][data-state=Done]').waitFor();
const MOST_STOPS = 80;
const tabTo = async (page, role, name, key = 'Tab') => {
  for (let stops = 0; stops < MOST_STOPS; stops += 1) {
    if (await page.getByRole(role, { name, exact: true }).evaluateAll((found) => found.includes(document.activeElement))) {
      return;
    }
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to the ${role} ${name}`);
};
const code = (page) => tabTo(page, 'textbox', 'Query; press Alt+F1 for accessibility options');
/** Chooses from a list that is opened by typing. */
const pick = async (page, label, value) => {
  await page.getByRole('combobox', { name: label, exact: true }).last().focus();
  await page.keyboard.type(value);
  await page.getByRole('option', { name: value }).first().waitFor();
  await page.keyboard.press('Enter');
};
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
  await pick(page, 'Field', 'service');
  await pick(page, 'Value', 'cart');
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

shown('a query is put into order at one press of a key', { show: 'explore', expr: 'level:error   AND   served|count by service' }, async (page) => {
  await page.getByRole('button', { name: 'Format', disabled: false }).waitFor();
  await tabTo(page, 'button', 'Format');
  await page.keyboard.press('Enter');
  await until(page, 'level:error served | count by service');
});

shown('queries of before are offered where nothing is written yet', { show: 'explore', history: 'level:error service:cart' }, async (page) => {
  await code(page);
  await page.keyboard.type('lev');
  await offered(page, 'level:error service:cart').waitFor();
});

shown('how many lines of each level there are is drawn above the lines', { show: 'explore', expr: 'tag:shop.web', beside: 'LogsVolume' }, async (page) => {
  await tabTo(page, 'button', 'Run query');
  await page.keyboard.press('Enter');
  for (const level of ['info', 'error']) {
    await page.getByTestId('LogsVolume').getByText(level, { exact: true }).waitFor();
  }
});

shown('lines are shown below numbers that were made of them', { show: 'explore', expr: 'tag:shop.web level:error | count by service', type: 'instant', beside: 'LogsSample' }, async (page) => {
  await tabTo(page, 'button', 'Run query');
  await page.keyboard.press('Enter');
  await page.getByTestId('LogsSample').getByText('was served').first().waitFor();
  await done(page);
});

const metric = async (name) => new RegExp(`^${name} (\\d+)`, 'm').exec(await (await fetch(`${LOGSTORE}/metrics`)).text())[1];

shown('lines are followed as they arrive, until one stops', { show: 'explore', expr: 'tag:live', live: '' }, async (page) => {
  await tabTo(page, 'button', 'Live');
  await page.keyboard.press('Enter');
  await page.locator('[data-testid=answer][data-state=Streaming]').waitFor();
  for (const message of ['the first', 'the second']) {
    const event = { tag: 'live', time: Date.now() / 1000, message, level: 'warn' };
    await fetch(`${LOGSTORE}/api/v1/ingest`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(event) });
    await page.getByTestId('lines').getByText(message).waitFor();
  }
  assert.deepEqual(await page.locator('[data-level]').allInnerTexts(), ['warn', 'warn']);
  assert.equal(await metric('logstore_tails_open'), '1');
  await tabTo(page, 'button', 'Stop', 'Shift+Tab');
  await page.keyboard.press('Enter');
  while ((await metric('logstore_tails_open')) !== '0');
});

shown('what cannot be followed says why', { show: 'explore', expr: 'tag:live | cuont', live: '' }, async (page) => {
  await tabTo(page, 'button', 'Live');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('unknown stage cuont (line 1, column 12): did you mean count?').waitFor();
});

shown('filters are chosen from the fields and values there are, and clicks in a line change the query', { show: 'filters', expr: 'tag:shop.json | json' }, async (page) => {
  const asks = async (expected) => page.getByTestId('asked').getByText(expected, { exact: true }).waitFor();
  await pick(page, 'Field', 'tag');
  await pick(page, 'Operator', '!=|');
  await pick(page, 'Values', 'shop.web');
  await page.keyboard.press('Escape');
  await tabTo(page, 'button', 'Filter');
  await page.keyboard.press('Enter');
  await asks('tag:shop.json -tag:shop.web | json');
  await page.getByText('Fields of the query').first().waitFor();
  await tabTo(page, 'button', 'Filter for order');
  await page.keyboard.press('Enter');
  await asks('tag:shop.json -tag:shop.web | json | where order == 0');
  await page.waitForFunction(() => document.querySelectorAll('[data-testid=lines] li').length === 1);
  await tabTo(page, 'button', 'Filter out level');
  await page.keyboard.press('Enter');
  await asks('tag:shop.json -level:info -tag:shop.web | json | where order == 0');
});

/** What axe finds, by all rules or by those that are named. */
async function violations(page, only) {
  if (!(await page.evaluate(() => 'axe' in window))) {
    await page.addScriptTag({ path: AXE });
  }
  // Colours that are on their way to others are not what one reads.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((each) => each instanceof window.CSSTransition).map(({ finished }) => finished)));
  const off = Object.fromEntries(NOT_OURS.map((rule) => [rule, { enabled: false }]));
  const found = await page.evaluate((options) => window.axe.run(options), only ? { runOnly: only } : { rules: off });
  return found.violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html}`));
}

/** Each stop of the keyboard has a name and is seen, everybody can read the page in both themes, and nothing stands out of a narrow one. */
async function isForEverybody(page) {
  const stops = await stopsOf(page);
  assert.ok(stops.length > 5);
  assert.deepEqual(stops.filter((stop) => !stop.name || !stop.isSeen), []);
  assert.deepEqual(await violations(page), []);
  await page.setViewportSize(NARROW);
  await page.waitForFunction(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);
  await page.setViewportSize(WIDE);
  await page.evaluate(() => window.setTheme('light'));
  await page.locator('main[data-theme=light]').waitFor();
  // Another theme has other colours, and is the same in all else.
  assert.deepEqual(await violations(page, ['color-contrast']), []);
}

for (const [name, wanted] of Object.entries(PAGES)) {
  shown(`${name} is for everybody: by the keyboard, in a narrow page, in the dark and in the light theme`, wanted, isForEverybody);
}

shown('variables are values, names or the rows of a query, and follow the variables before them; everybody can choose them', { show: 'variables' }, async (page) => {
  const told = (name, ...expected) => page.waitForFunction(
    ([list, values]) => [...document.querySelectorAll(`[data-testid="values of ${list}"] li`)].map(({ innerText }) => innerText).sort().join() === values.sort().join(), [name, expected]
  );
  await told('service', 'cart', 'payments');
  await isForEverybody(page);
  await pick(page, '$service', 'cart');
  await page.keyboard.press('Escape');
  await told('version', '1.0');
  const first = page.getByRole('region', { name: 'service' });
  await first.getByRole('radio', { name: 'Field values' }).focus();
  await page.keyboard.press('ArrowRight');
  await told('service', 'level', 'message', 'service', 'tag', 'time', 'version');
  await page.keyboard.press('ArrowRight');
  await first.getByRole('textbox', { name: 'Query' }).fill('service:cart | top 1 service');
  await page.keyboard.press('Tab');
  await told('service', 'cart');
});

shown('annotations are lines with a title, a text and tags; everybody can write them', { show: 'annotation', expr: 'level:error | limit 3' }, async (page) => {
  await isForEverybody(page);
  await page.getByPlaceholder('100', { exact: true }).waitFor();
  await tabTo(page, 'textbox', 'Title');
  await page.keyboard.type('{{service}} failed');
  await tabTo(page, 'textbox', 'Tags');
  await page.keyboard.type('version, nothing');
  await tabTo(page, 'button', 'Test');
  await page.keyboard.press('Enter');
  const events = page.getByRole('list', { name: 'Events' });
  await events.getByText('cart failed').first().waitFor();
  await events.getByText('request 2 was served').waitFor();
  await events.getByText('1.0').first().waitFor();
});

shown('the lines around a line are those of the same source, which everybody can change, within a window of time', { show: 'context', expr: '"request 30 was"' }, async (page) => {
  const shows = (count) => page.waitForFunction((wanted) => document.querySelectorAll('[data-testid=lines] li').length === wanted, count);
  await shows(40);
  await isForEverybody(page);
  await tabTo(page, 'radio', '2 hours');
  await page.keyboard.press('ArrowLeft');
  await shows(6);
  await pick(page, 'Fields that the lines of the context share', 'service=cart');
  await page.keyboard.press('Escape');
  await shows(2);
  const [after, before] = await page.locator('[data-testid=lines]').allInnerTexts();
  assert.match(after, /request 28 was served/);
  assert.match(before, /request 32 was served/);
  await tabTo(page, 'button', 'Reset', 'Tab');
  await page.keyboard.press('Enter');
  await shows(6);
});
