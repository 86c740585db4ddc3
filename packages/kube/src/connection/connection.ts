/** TLS of a connection to an API server; PEM text. A new object stands for changed material. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must carry, if it is not the host of the URL. */
  readonly servername?: string;
  /** True only when a kubeconfig says `insecure-skip-tls-verify`. */
  readonly insecure?: boolean;
}

/** A value that is a list becomes one header line each. */
export type RequestHeaders = Readonly<Record<string, string | string[]>>;

/** How to reach a cluster and who we are there. Everything that rotates is asked for anew, so holders never keep copies. */
export interface ClusterConnection {
  /** For people: the context's name, or `in-cluster`. */
  readonly name: string;
  readonly server: URL;
  /** The namespace of the context or of the pod, if it names one. */
  readonly namespace?: string;
  /** Only what the kubeconfig names: proxies of the environment are never used for an API server (B40). */
  readonly proxyUrl?: URL;
  /** Asked at each request: the same object as long as nothing has changed. @throws KUBE_CREDENTIALS */
  tls(): Promise<TlsMaterial>;
  /** Headers that authenticate a request; asked at each request. @throws KUBE_CREDENTIALS */
  headers(): Promise<RequestHeaders>;
  /** The server answered 401: whatever can be renewed is renewed before the next request. */
  refused(): void;
}
