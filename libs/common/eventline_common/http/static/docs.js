"use strict";
// Renders the OpenAPI document of this server. Everything is text: nothing in the document is ever markup.

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, properties, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function resolve(root, schema) {
  const path = schema && schema.$ref ? schema.$ref.slice(2).split("/") : null;
  return path ? path.reduce((value, key) => value[key], root) : schema;
}

function describe(root, schema, seen) {
  const name = schema && schema.$ref ? schema.$ref.split("/").pop() : "";
  const known = resolve(root, schema) || {};
  if (name && seen.includes(name)) return name;
  const path = name ? [...seen, name] : seen;
  if (known.anyOf) {
    const all = known.anyOf.filter((one) => one.type !== "null").map((one) => describe(root, one, path));
    return all.length === 1 ? all[0] : all.map((one) => typeof one === "string" ? one : JSON.stringify(one)).join(" | ");
  }
  if (known.enum) return known.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (known.type === "array") return [describe(root, known.items || {}, path)];
  if (!known.properties) return known.format || known.type || "any";
  const required = known.required || [];
  return Object.fromEntries(Object.entries(known.properties).map(
    ([key, value]) => [required.includes(key) ? key : key + "?", describe(root, value, path)]));
}

function body(root, content) {
  const [type, one] = Object.entries(content || {})[0] || [];
  if (!one) return null;
  const example = typeof one.example === "string" ? one.example : JSON.stringify(one.example, null, 2);
  return element("div", {},
    type === "application/json" ? null : element("p", { className: "muted" }, type),
    one.example === undefined ? null : element("pre", {}, example),
    type === "application/json" ? element("details", {}, element("summary", {}, "Members"),
      element("pre", {}, JSON.stringify(describe(root, one.schema, []), null, 2))) : null);
}

function parameters(operation) {
  if (!(operation.parameters || []).length) return null;
  const rows = operation.parameters.map((one) => element("tr", {},
    element("td", {}, element("code", {}, one.name)),
    element("td", { className: "muted" }, one.in + (one.required ? ", required" : "")),
    element("td", {}, one.description || "")));
  return element("table", {}, element("tbody", {}, ...rows));
}

function answers(root, operation) {
  const known = Object.entries(operation.responses).map(([status, one]) => [status, resolve(root, one)]);
  const rows = known.map(([status, response]) => element("tr", {},
    element("td", {}, element("code", {}, status)),
    element("td", {}, response.description || "", status < "300" ? body(root, response.content) : null)));
  return element("table", {}, element("tbody", {}, ...rows));
}

function section(root, path, method, operation) {
  return element("section", { id: operation.operationId },
    element("h3", {}, element("span", { className: "method" }, method.toUpperCase()), element("code", {}, path)),
    element("p", {}, operation.summary || ""),
    operation.description ? element("p", {}, operation.description) : null,
    parameters(operation),
    operation.requestBody ? element("h4", {}, "Body") : null,
    operation.requestBody ? body(root, operation.requestBody.content) : null,
    element("h4", {}, "Answers"),
    answers(root, operation));
}

function render(root) {
  const contents = document.getElementById("contents");
  const operations = document.getElementById("operations");
  const groups = new Map();
  for (const [path, item] of Object.entries(root.paths)) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = (item[method].tags || ["other"])[0];
      groups.set(tag, [...(groups.get(tag) || []), [path, method, item[method]]]);
    }
  }
  document.title = `${root.info.title} ${root.info.version}: HTTP API`;
  operations.replaceChildren(element("h1", {}, document.title),
    ...root.info.description.trim().split("\n\n").map((text) => element("p", {}, text)),
    element("p", {}, "The document: ", element("a", { href: "/openapi.json" }, "/openapi.json")));
  for (const [tag, entries] of groups) {
    contents.append(element("strong", {}, tag));
    operations.append(element("h2", {}, tag));
    for (const [path, method, operation] of entries) {
      contents.append(element("a", { href: "#" + operation.operationId }, operation.summary || path));
      operations.append(section(root, path, method, operation));
    }
  }
}

fetch("/openapi.json").then((response) => response.json()).then(render).catch((error) => {
  document.getElementById("operations").replaceChildren(element("p", {}, `The document could not be loaded: ${error}`));
});
