/** Rounded, but what is not complete never prints as 100 % (scanner.md 11.2). */
export function displayedPercent(score: number): string {
  return `${score < 100 ? Math.min(99, Math.round(score)) : 100} %`;
}
