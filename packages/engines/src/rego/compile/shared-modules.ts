/**
 * The modules that upstream's rules may import (scanner.md 14.1), with its names and meaning, written anew. Valid in both versions of
 * the language. One function is stricter than upstream's, which stops at the first bit that is allowed: `unix_permissions_allow`
 * compares all of them. `data.kubernetes.api.client` is not there: a rule that calls the API is reported as not evaluated.
 */
export const sharedModules: Readonly<Record<string, string>> = {
  'cautils.rego': `package cautils

import rego.v1

list_contains(list, element) if element in list

getPodName(metadata) := metadata.name

object_intersection(parent, sub) := {key: value | some key, value in sub; parent[key] == value}

is_subobject(sub, parent) if object_intersection(parent, sub) == sub

unix_permission(mode) := {
	"user": unix_permission_from_octal(bits.rsh(mode, 6)),
	"group": unix_permission_from_octal(bits.rsh(mode, 3)),
	"everyone": unix_permission_from_octal(mode),
	"setuid": bits.and(mode, 2048) != 0,
	"setgid": bits.and(mode, 1024) != 0,
	"sticky": bits.and(mode, 512) != 0,
}

unix_permission_from_octal(digit) := {
	"exec": bits.and(digit, 1) != 0,
	"write": bits.and(digit, 2) != 0,
	"read": bits.and(digit, 4) != 0,
}

unix_permissions_allow(allowed, actual) if bits.and(bits.and(actual, 4095), bits.negate(allowed)) == 0

is_strict_conf_permission(mode) if unix_permissions_allow(420, mode)

is_not_strict_conf_permission(mode) if not is_strict_conf_permission(mode)

is_strict_conf_ownership(ownership) if ownership.err

is_strict_conf_ownership(ownership) if {
	ownership.uid == 0
	ownership.gid == 0
}

is_not_strict_conf_ownership(ownership) if not is_strict_conf_ownership(ownership)
`,
  'designators.rego': `package designators

import rego.v1

included_namespaces(namespace) if namespace == "default"

excluded_namespaces(namespace) if namespace != "excluded"

forbidden_wlids(wlid) if wlid in input.forbidden_wlids

filter_k8s_object(object) := object
`,
};
