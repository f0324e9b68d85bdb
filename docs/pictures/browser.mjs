// Runs a function with a page of headless Chromium. What fails in the page fails here.
import { chromium } from "playwright-core";

export async function withPage(options, use) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
  try {
    const page = await browser.newPage(options);
    page.on("pageerror", (error) => {
      throw error;
    });
    await use(page);
  } finally {
    await browser.close();
  }
}
