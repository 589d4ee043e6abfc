"use strict";
// Runs the script of the documentation page on the document given as standard input, and prints the text of the page.

const fs = require("node:fs");
const vm = require("node:vm");

class Element {
  constructor(name) {
    this.name = name;
    this.children = [];
  }
  append(...children) {
    this.children.push(...children);
  }
  replaceChildren(...children) {
    this.children = children;
  }
}

const parts = { contents: new Element("nav"), operations: new Element("main") };
const root = JSON.parse(fs.readFileSync(0, "utf8"));
const page = {
  document: { title: "", createElement: (name) => new Element(name), getElementById: (id) => parts[id] },
  fetch: async (address) => ({ json: async () => (address === "/openapi.json" ? root : null) }),
};

const text = (node) => (typeof node === "string" ? node : node.children.map(text).join("\n"));
vm.runInNewContext(fs.readFileSync(process.argv[2], "utf8"), page);
setImmediate(() => process.stdout.write(`${page.document.title}\n${text(parts.contents)}\n${text(parts.operations)}`));
