const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text of a stranger within XML or HTML, in content and attributes alike. Characters that XML 1.0 does not have are left out. */
export function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(notXml, '')
    .replaceAll(/[&<>"']/g, (char) => entities[char] ?? char);
}
