import { stripVTControlCharacters } from 'node:util';

// Control characters, separators that break lines, marks that change the direction of text, and the byte order mark.
const unprintable = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * Text of a stranger (names, messages, versions of a cluster or an image) as it may go to a terminal: no escape sequences, no control
 * characters, nothing that reorders the line. Line breaks and tabs become spaces.
 */
export function plainText(text: string): string {
  // Nearly all text is plain already.
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return stripVTControlCharacters(text.replace(/[\t\r\n\u2028\u2029]+/g, ' ').toWellFormed()).replace(unprintable, '');
}
