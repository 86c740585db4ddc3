/** Where a login is from: said in results, so that people see which of their secrets is used. Holds nothing secret. */
export interface CredentialOrigin {
  readonly kind:
    | 'request'
    | 'podPullSecret'
    | 'serviceAccountPullSecret'
    /** A Secret `kubescape-registry-scan*`. */
    | 'registrySecret'
    /** The identity of the pod or the machine at its cloud. */
    | 'cloudIdentity'
    /** The user's own docker configuration. */
    | 'dockerConfig';
  /** `namespace/name` of a Secret, the provider of a cloud. */
  readonly name?: string;
}
