// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, isBlank, passed } from "../../lesson_lib/lessons/strokes.js";
import { axis, near } from "./made.js";

const SHARES = [0, 0.25, 0.4, 0.75, 1];

test("a stroke begins at the place nearest to the pointer", () => {
  assert.deepEqual(passed(SHARES, null, { share: 0.3, up: 0.9 }), [[1, 0.9]]);
});

/** A line that falls, of which no height is its share of the way. */
const heightAt = (/** @type {number} */ share) => ({ share, up: 0.9 - share / 2 });

test("a quick stroke sets all places that it has passed, on the line between", () => {
  for (const [from, to] of [
    [0.2, 0.8],
    [0.8, 0.2],
  ]) {
    const set = passed(SHARES, heightAt(from), heightAt(to));
    assert.deepEqual(
      set.map(([place]) => place),
      [1, 2, 3],
    );
    for (const [place, up] of set) near(up, heightAt(SHARES[place]).up);
  }
});

test("a stroke sets the places that it begins and ends at, each to the height under it", () => {
  for (const [from, to] of [
    [0.25, 0.75],
    [0.75, 0.25],
  ]) {
    const set = passed(SHARES, heightAt(from), heightAt(to));
    assert.deepEqual(
      set.map(([place, up]) => [place, Number(up.toFixed(9))]),
      [
        [1, 0.775],
        [2, 0.7],
        [3, 0.525],
      ],
    );
  }
});

test("a stroke straight up moves the place under it, and between two places none", () => {
  assert.deepEqual(passed(SHARES, { share: 0.4, up: 0.1 }, { share: 0.4, up: 0.7 }), [[2, 0.7]]);
  assert.deepEqual(passed(SHARES, { share: 0.6, up: 0.1 }, { share: 0.6, up: 0.7 }), []);
});

test("a key moves a value by a twentieth of the axis, on round shares", () => {
  near(changed([1], 0, "ArrowUp", axis(0, 2)) ?? NaN, 1.1);
  near(changed([1], 0, "ArrowDown", axis(0, 2)) ?? NaN, 0.9);
  near(changed([0, 2], 1, "ArrowUp", axis(-2, 6)) ?? NaN, 2.4);
  near(changed([1.03], 0, "ArrowUp", axis(0, 2)) ?? NaN, 1.1);
  near(changed([1.08], 0, "ArrowUp", axis(0, 2)) ?? NaN, 1.2);
  near(changed([10], 0, "ArrowUp", axis(1, 100, { log: true })) ?? NaN, 100 ** 0.55);
  near(changed([2], 0, "ArrowUp", axis(0, 2)) ?? NaN, 2);
  near(changed([0], 0, "ArrowDown", axis(0, 2)) ?? NaN, 0);
});

test("a new point begins where its neighbour lies, or in the middle", () => {
  near(changed([1.6, null, null], 1, "ArrowUp", axis(0, 2)) ?? NaN, 1.7);
  near(changed([1.6, null, 0.4], 1, "ArrowUp", axis(0, 2)) ?? NaN, 1.7);
  near(changed([null, null, 0.4], 1, "ArrowDown", axis(0, 2)) ?? NaN, 0.3);
  near(changed([null, null, null], 1, "ArrowUp", axis(-1, 5)) ?? NaN, 2.3);
});

test("Delete takes a value away, and other keys are not for the drawing", () => {
  assert.equal(changed([1, 1], 1, "Delete", axis(0, 2)), null);
  for (const key of ["a", "Enter", "Backspace", "Tab"]) assert.equal(changed([1, 1], 1, key, axis(0, 2)), undefined);
});

test("a drawing is blank only while no curve has a value, also not zero", () => {
  assert(isBlank({}));
  assert(isBlank({ GD: [null, null], SGD: [] }));
  assert(!isBlank({ GD: [null, null], SGD: [null, 0] }));
});
