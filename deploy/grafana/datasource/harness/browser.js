// A page of the harness in headless Chromium, and what there is to know of it.
const { chromium } = require('playwright-core');

const WIDE = { width: 1280, height: 800 };

/** The page is loaded once, as Grafana's is, and shows one thing after the other. */
class Browser {
  constructor(browser, context) {
    this.browser = browser;
    this.context = context;
    this.visits = 0;
  }

  /** Opens what `wanted` says; `url` is where the page is. */
  async open(url, wanted, viewport = WIDE) {
    if (this.page === undefined) {
      this.page = await this.context.newPage();
      this.complaints = complaintsOf(this.page);
    }
    const { page, complaints } = this;
    complaints.length = 0;
    this.visits += 1;
    await page.setViewportSize(viewport);
    await page.goto(`${url}/#${new URLSearchParams({ ...wanted, visit: this.visits })}`);
    await page.locator(`main[data-visit="${this.visits}"][data-theme=${wanted.theme ?? 'dark'}]`).waitFor();
    if (wanted.show === 'annotation' || (wanted.show === 'explore' && wanted.mode !== 'builder')) {
      await page.locator('.monaco-editor textarea').waitFor();
    }
    // The keyboard begins at the beginning.
    await page.locator('main').evaluate((main) => {
      main.tabIndex = -1;
      main.focus();
      main.removeAttribute('tabindex');
    });
    return { page, complaints };
  }

  /** After a failure: nobody knows what the page has come to. */
  async forget() {
    await this.page?.close();
    this.page = undefined;
  }

  close() {
    return this.browser.close();
  }
}

async function launch(executablePath) {
  // Chromium's sandbox needs rights that the root of a container has not; the only pages are our own.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  const context = await browser.newContext({ reducedMotion: 'reduce' });
  // A bound for what never comes, not for what is slow on a busy machine.
  context.setDefaultTimeout(120_000);
  return new Browser(browser, context);
}

/** Gathers what React, Grafana's components or the browser complain of, except a query's own refusal. */
function complaintsOf(page) {
  const complaints = [];
  page.on('console', (message) => {
    const isRefusal = message.location().url.includes('/api/');
    if (['error', 'warning'].includes(message.type()) && !isRefusal) {
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  return complaints;
}

/** The stop of the keyboard: its name, and whether one sees that it is there. */
function stopOf(page) {
  return page.evaluate(() => {
    const stop = document.activeElement;
    if (stop === document.body) {
      return null;
    }
    const isMarked = (element) => {
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      return outlineStyle !== 'none' || boxShadow !== 'none';
    };
    let around = stop;
    while (around && around.tagName !== 'MAIN' && !isMarked(around)) {
      around = around.parentElement;
    }
    const name = stop.getAttribute('aria-label') ?? stop.labels?.[0]?.innerText ?? (stop.tagName === 'svg' ? 'what it means' : stop.innerText.split('\n')[0]);
    return { name, isSeen: around !== null && around.tagName !== 'MAIN' };
  });
}

/** The stops from the beginning of the page to its end. */
async function stopsOf(page, most = 60) {
  const stops = [];
  for (let count = 0; count < most; count += 1) {
    await page.keyboard.press('Tab');
    const stop = await stopOf(page);
    if (stop === null) {
      return stops;
    }
    stops.push(stop);
  }
  throw new Error(`the page has more than ${most} stops, or one that cannot be left: ${JSON.stringify(stops.slice(-3))}`);
}

module.exports = { launch, stopsOf };
