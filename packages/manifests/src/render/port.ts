/** A folder whose manifests have to be made from templates or overlays first. */
export interface RenderedFolder {
  readonly type: 'helm' | 'kustomize';
  /** Absolute. */
  readonly folder: string;
  /** From the root, with `/`; empty for the root itself. */
  readonly relativePath: string;
}

export type RenderResult =
  | { readonly outcome: 'rendered'; readonly text: string }
  /** One line: the program is missing, or what it said. */
  | { readonly outcome: 'notRendered'; readonly reason: string };

/** Makes manifests of a Helm chart or a kustomization. It never rejects. */
export interface FolderRenderer {
  render(folder: RenderedFolder): Promise<RenderResult>;
}
