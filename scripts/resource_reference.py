"""Markdown from the CustomResourceDefinitions of crds/: what docs/reference/resources.md holds."""

from pathlib import Path

import yaml


def type_of(schema: dict) -> str:
    if "enum" in schema:
        return " \\| ".join(f"`{choice}`" for choice in schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return "quantity"
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return "any"
    if schema["type"] == "array":
        return f"list of {type_of(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map to {type_of(schema['additionalProperties'])}"
    if schema["type"] == "string" and schema.get("pattern", "").endswith("[smh])+)$"):
        return "duration"
    return schema["type"]


def bounds_of(schema: dict) -> str:
    parts = []
    if "minimum" in schema or "maximum" in schema:
        parts.append(f"{schema.get('minimum', '')} … {schema.get('maximum', '')}")
    for least, most, what in (
        ("minItems", "maxItems", "entries"),
        ("minProperties", "maxProperties", "entries"),
        ("minLength", "maxLength", "characters"),
    ):
        if most in schema and "x-kubernetes-int-or-string" not in schema and type_of(schema) != "duration":
            parts.append(f"{schema[least]} … {schema[most]} {what}" if schema.get(least, 0) > 1 else f"≤ {schema[most]} {what}")
    for rule in schema.get("x-kubernetes-validations", []):
        parts.append(rule["message"])
    return "; ".join(parts)


def rows_of(schema: dict, path: str) -> list[str]:
    rows = []
    for name, child in schema.get("properties", {}).items():
        at = f"{path}.{name}"
        default = child.get("default")
        spelled = "required" if name in schema.get("required", []) else "" if default is None else f"`{yaml_scalar(default)}`"
        rows.append(f"| `{at}` | {type_of(child)} | {spelled} | {child.get('description', '')} | {bounds_of(child)} |")
        inner = child
        while inner.get("type") == "array" or "additionalProperties" in inner:
            at += "[]" if inner.get("type") == "array" else "{}"
            inner = inner.get("items") or inner["additionalProperties"]
        rows += rows_of(inner, at)
    return rows


def yaml_scalar(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def reference(folder: Path) -> str:
    parts = []
    for file in sorted(folder.glob("*.yaml")):
        definition = yaml.safe_load(file.read_text())["spec"]
        schema = definition["versions"][0]["schema"]["openAPIV3Schema"]
        names = definition["names"]
        parts.append(f"## {names['kind']} (`{names['shortNames'][0]}`)\n\n{schema['description']}\n")
        for part in ("spec", "status"):
            parts.append("| field | type | default | what it is | rules |\n|---|---|---|---|---|")
            parts[-1] += "\n" + "\n".join(rows_of(schema["properties"][part], part)) + "\n"
            rules = [rule["message"] for rule in schema["properties"][part].get("x-kubernetes-validations", [])]
            if rules:
                parts.append("Besides: " + "; ".join(rules) + ".\n")
    return "\n".join(parts).rstrip()
