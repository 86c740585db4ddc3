/** A score of 0 to 100 as a whole number: rounded, but what is not complete never shows as 100 (scanner.md 11.2). */
export function wholeScore(score: number): number {
  return score < 100 ? Math.min(99, Math.round(score)) : 100;
}

export function displayedPercent(score: number): string {
  return `${wholeScore(score)} %`;
}
