// An explanation as a tree: each step that decided, each rule that was asked, each condition with what the visitor has.

import { element, rounded } from "./dom.js";

/** The steps, rules and conditions of one flag's answer. */
export function explanationTree(flag) {
  const items = flag.steps.map(step => element("li", { class: "step" }, rounded(step)));
  items.push(...flag.rules.map(ruleItem));
  if (!flag.rules.some(rule => rule.is_decided) && flag.variation) {
    items.push(element("li", { class: "step" }, flag.rules.length ? "No rule decides: the default." : "The default."));
  }
  if (!flag.variation) items.push(element("li", { class: "step" }, flag.because));
  return element("ul", { class: "tree" }, ...items);
}

function ruleItem(rule) {
  const item = element("li", { class: rule.is_decided ? "rule decided" : "rule" },
    element("p", {}, element("b", {}, rule.title), ": ", rounded(rule.result),
      rule.is_decided ? element("span", { class: "badge" }, "decides") : null));
  if (rule.segment) item.append(element("ul", {}, segmentItem(rule.segment)));
  return item;
}

function segmentItem(segment) {
  const named = `segment ${segment.id}${segment.is_above ? ", as above" : ""}`;
  const item = verdict(segment.holds, segment.holds ? `In ${named}` : `Not in ${named}`);
  if (!segment.is_above) item.append(groupList(segment));
  return item;
}

function groupList(segment) {
  const list = element("ul");
  segment.groups.forEach((group, number) => {
    const conditions = group.conditions.flatMap((condition, position) => [
      conditionItem(condition), position < group.operators.length ? joint(group.operators[position]) : null,
    ]);
    if (segment.groups.length === 1 || group.conditions.length === 1) list.append(...conditions.filter(Boolean));
    else list.append(element("li", { class: "group" }, element("ul", {}, ...conditions)));
    if (number < segment.operators.length) list.append(joint(segment.operators[number]));
  });
  if (!list.children.length) list.append(element("li", { class: "muted" }, "it asks nothing"));
  return list;
}

function conditionItem(condition) {
  const item = verdict(condition.holds, condition.words);
  if (condition.has) item.append(element("span", { class: "has" }, "visitor: ", element("span", { class: "code" }, condition.has)));
  if (condition.segment?.is_above) item.append(element("span", { class: "has" }, "as above"));
  else if (condition.segment) item.append(groupList(condition.segment));
  return item;
}

function verdict(holds, words) {
  return element("li", { class: holds ? "holds" : "fails" },
    element("span", { class: "mark", role: "img", ariaLabel: holds ? "holds" : "does not hold" }, holds ? "✓" : "✗"), " ",
    element("span", {}, words));
}

const joint = word => element("li", { class: "joint" }, word || "no operator: what stands above does not count");
