/** Tests of the HTML report in a real Chromium: what is opened, and how a test ends with nothing wrong in the page. */
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { browserTools, type Opened } from './browser.js';
import { toolsReady } from './toolchain/tools.js';

/** A test that needs Chromium, and that ends with nothing wrong in the page. */
export function inBrowser(title: string, body: (t: ExecutionContext) => Promise<Opened | undefined>): void {
  test(title, async (t) => {
    t.timeout(120_000);
    if (!toolsReady(t, browserTools)) return;
    const opened = await body(t);
    if (opened !== undefined) t.deepEqual(await opened.wrong(), []);
  });
}

/** File names in the table, from above. */
export const names = (page: Page): Promise<string[]> => page.locator('.drivers tbody .file').allTextContents();

/** Playwright's own wait evaluates a string in the page, which the page's policy forbids. */
export async function until(page: Page, condition: string): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await page.evaluate<boolean>(condition))) {
    if (Date.now() > end) throw new Error(`never true: ${condition}`);
    await page.waitForTimeout(20);
  }
}
