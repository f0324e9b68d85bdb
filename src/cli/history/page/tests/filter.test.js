import assert from "node:assert/strict";
import { test } from "node:test";
import { everything, isEverything, shown, values } from "../filter.js";
import { raw } from "./sample.js";
import { read } from "../task.js";

const tasks = [
  raw({ task: "ami-1", bucket: "images" }),
  raw({ task: "ami-2", bucket: "copies", outcome: "failed", reason: "Access <denied> by Policy" }),
  raw({ task: "import-snap-3", kind: "import-snapshot", bucket: null, imageId: null, region: "eu-west-1" }),
].map((it, index) => read(it, index, 0));
const names = (filter) => shown(tasks, { ...everything(), ...filter }).map((task) => task.name);

test("no filter shows everything", () => {
  assert.equal(isEverything(everything()), true);
  assert.deepEqual(names({}), ["ami-1", "ami-2", "import-snap-3"]);
});

test("a status can be left out", () => {
  assert.deepEqual(names({ hidden: new Set(["failed"]) }), ["ami-1", "import-snap-3"]);
});

test("values of several fields must all fit", () => {
  assert.deepEqual(names({ chosen: { kind: "store-image", bucket: "copies" } }), ["ami-2"]);
  assert.deepEqual(names({ chosen: { bucket: "no bucket" } }), ["import-snap-3"]);
  assert.deepEqual(names({ chosen: { region: "eu-west-1", bucket: "" } }), ["import-snap-3"]);
});

test("each word of the text must be somewhere, in any case", () => {
  assert.deepEqual(names({ text: "POLICY  ami" }), ["ami-2"]);
  assert.deepEqual(names({ text: "<denied>" }), ["ami-2"]);
  assert.deepEqual(names({ text: "nowhere" }), []);
});

test("times and numbers are not searched, so that digits find names", () => {
  assert.deepEqual(names({ text: "1810" }), []);
});

test("the values of a field are counted", () => {
  assert.deepEqual(values(tasks, "bucket"), [
    ["copies", 1],
    ["images", 1],
    ["no bucket", 1],
  ]);
  assert.deepEqual(values(tasks, "kind"), [
    ["import-snapshot", 1],
    ["store-image", 2],
  ]);
});
