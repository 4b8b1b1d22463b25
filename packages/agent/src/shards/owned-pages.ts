import type { Owned } from "./shard-messages.ts";

/** Far below what a line of the channel may have, so that one long description does no harm. */
const PAGE_CHARS = 128 * 1024;

/** Consoles cut into pages that fit a message each. */
export function pagesOfOwned(owned: readonly Owned[]): readonly (readonly Owned[])[] {
  const pages: Owned[][] = [];
  let page: Owned[] = [];
  let pageChars = 0;
  for (const each of owned) {
    const chars = JSON.stringify(each).length;
    if (page.length > 0 && pageChars + chars > PAGE_CHARS) {
      pages.push(page);
      page = [];
      pageChars = 0;
    }
    page.push(each);
    pageChars += chars;
  }
  if (page.length > 0) pages.push(page);
  return pages;
}
