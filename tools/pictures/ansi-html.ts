/** Colours as a dark terminal shows them, by SGR code. */
const colours: Readonly<Record<number, string>> = {
  30: '#6e7681',
  31: '#ff7b72',
  32: '#7ee787',
  33: '#f2cc60',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  37: '#e6edf3',
  90: '#8b949e',
  91: '#ffa198',
  92: '#aff5b4',
  93: '#f8e3a1',
  94: '#a5d6ff',
  95: '#e2c5ff',
  96: '#b3f0ff',
  97: '#ffffff',
};

interface Look {
  readonly colour?: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

const plain: Look = { bold: false, dim: false };
// oxlint-disable-next-line no-control-regex -- the escape character is what an SGR sequence starts with
const sgr = /\u001b\[([\d;]*)m/g;

/** Terminal output with SGR colour codes as HTML spans; text is escaped, unknown codes are left out. */
export function ansiToHtml(text: string): string {
  let look = plain;
  let html = '';
  let from = 0;
  for (const match of text.matchAll(sgr)) {
    html += span(text.slice(from, match.index), look);
    look = (match[1] ?? '').split(';').map(Number).reduce(apply, look);
    from = match.index + match[0].length;
  }
  return html + span(text.slice(from), look);
}

function apply(look: Look, code: number): Look {
  if (code === 0) return plain;
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 39) return { bold: look.bold, dim: look.dim };
  const colour = colours[code];
  return colour === undefined ? look : { ...look, colour };
}

function span(text: string, look: Look): string {
  if (text === '') return '';
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const style = [
    look.colour === undefined ? '' : `color:${look.colour}`,
    look.bold ? 'font-weight:600' : '',
    look.dim ? 'opacity:.65' : '',
  ].filter((rule) => rule !== '');
  return style.length === 0 ? escaped : `<span style="${style.join(';')}">${escaped}</span>`;
}
