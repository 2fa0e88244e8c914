"""The OpenAPI document as one HTML page, made here: it works without internet. Pure."""

from html import escape
from typing import Any

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/api/v1/docs.css"></head><body>
<h1>{title} API</h1>
<p>Machine-readable: <a href="/api/v1/openapi.json">openapi.json</a>. Log in with
<code>POST /api/v1/session</code>, or send <code>Authorization: Bearer</code> with a token from
<code>./waypost user token</code>. Errors are RFC 9457 problem details. A time needs its offset.
Lists answer <code>{{"items": […], "next": …}}</code>; give <code>next</code> back as
<code>after</code>.</p>
"""

STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 60rem;
       margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #bbb; text-transform: capitalize; }
h3 { margin: 1.5rem 0 .2rem; font: 600 15px ui-monospace, monospace; }
h3 b { display: inline-block; min-width: 4.5rem; color: #0072b2; }
table { border-collapse: collapse; margin: .4rem 0; }
td, th { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0; }
th { font-weight: 600; color: #666; }
p { margin: .3rem 0; }
@media (prefers-color-scheme: dark) {
  body { color: #e4e4e4; background: #16181c; } a { color: #7cc4f0; }
  h3 b { color: #56b4e9; } h2 { border-color: #444; } th { color: #999; } }
"""


def page(document: dict[str, Any]) -> str:
    """The whole page; `document` is OpenAPI 3.1."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            by_tag.setdefault(tag, []).append(_operation(document, path, method, operation))
    parts = [_HEAD.format(title=escape(document["info"]["title"]))]
    for tag, operations in by_tag.items():
        parts += [f"<h2>{escape(tag)}</h2>", *operations]
    return "\n".join([*parts, "</body></html>\n"])


def _operation(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> str:
    fields = [
        (one["name"], one["in"], one.get("required", False), one.get("schema", {}))
        for one in operation.get("parameters", [])
    ]
    content = operation.get("requestBody", {}).get("content", {})
    for media in content.values():
        body = _resolved(document, media["schema"])
        required = body.get("required", [])
        fields += [
            (name, "body", name in required, schema)
            for name, schema in body.get("properties", {}).items()
        ]
    said = escape(operation.get("description", operation.get("summary", "")))
    rows = "".join(_row(document, *field) for field in fields)
    table = f"<table><tr><th>field<th>in<th>type<th></tr>{rows}</table>" if rows else ""
    return f"<h3><b>{method.upper()}</b> {escape(path)}</h3><p>{said}</p>{table}"


def _row(
    document: dict[str, Any], name: str, where: str, required: bool, schema: dict[str, Any]
) -> str:
    star = " *" if required else ""
    said = escape(schema.get("description", ""))
    kind = escape(_type(document, schema))
    return f"<tr><td><code>{escape(name)}</code>{star}<td>{where}<td>{kind}<td>{said}</tr>"


def _type(document: dict[str, Any], schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(document, one) for one in schema["anyOf"])
    whole = _resolved(document, schema)
    if "enum" in whole:
        return " | ".join(str(one) for one in whole["enum"])
    kind = str(whole.get("format") or whole.get("type", "any"))
    return f"list of {_type(document, whole['items'])}" if "items" in whole else kind


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found
