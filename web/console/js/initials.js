// The first letters of Chinese names in pinyin, by the browser's own collation: 张文轩 → zwx.
// For each letter the first character that begins with it; no pinyin begins with i, u or v.
const FIRST = [..."阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥仨他屲夕丫帀"];
const LETTERS = "abcdefghjklmnopqrstwxyz";
const known = new Map();
const collator = new Intl.Collator("zh-CN-u-co-pinyin");

function letter(character) {
  if (!/[\u4e00-\u9fff]/.test(character)) return character.toLowerCase();
  let at = -1;
  while (at + 1 < FIRST.length && collator.compare(FIRST[at + 1], character) <= 0) at += 1;
  return at < 0 ? "" : LETTERS[at];
}

/** @param {string} text */
export function initials(text) {
  if (!known.has(text)) known.set(text, [...text].map(letter).join(""));
  return known.get(text);
}
