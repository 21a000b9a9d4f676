// Elements, figures in words, and the platform's control path. Text is only ever set as text: nothing of a data file or
// an event becomes markup.

export const byId = id => document.getElementById(id);

/** An element with properties (`class`, `data`, `aria…`, listeners as `on…`) and children, which are nodes or texts. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value == null) continue;
    if (key === "class") made.className = value;
    else if (key === "data") Object.assign(made.dataset, value);
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made[key] = value;
  }
  made.append(...children.filter(child => child != null));
  return made;
}

/** Sets a text only where it changes, so that what is selected stays selected. */
export function setText(node, text) {
  if (node.textContent !== String(text)) node.textContent = text;
}

export const figure = number => number.toLocaleString("en");
export const percent = share => `${+(share * 100).toFixed(1)} %`;
export const plural = (count, word) => `${figure(count)} ${word}${count === 1 ? "" : "s"}`;

/** Seconds in words. */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${+(seconds / 3600).toFixed(1)} h`;
}

/** Long decimals are cut; the whole text is there to be hovered over. */
export function rounded(text) {
  const short = text.replace(/\d\.\d{5,}/g, number => Number(number).toFixed(4));
  return element("span", short === text ? {} : { title: text }, short);
}

/** Whether a text, in lower case, has every word that is looked for. */
export const matches = (text, wanted) => wanted.toLowerCase().split(/\s+/).every(word => text.includes(word));

/** What the control path answers. Rejects with an `Error` that has the answer's `row` and `field`, if it names them. */
export async function control(path, method = "GET", body) {
  const options = { method, cache: "no-store" };
  if (method !== "GET") {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body ?? {});
  }
  const response = await fetch(`/control/${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), answer);
  return answer;
}

/** Tells of a mistake on top of the page, or takes it away. */
export function tell(problem) {
  setText(byId("problem"), problem ?? "");
  byId("problem").hidden = !problem;
}

/** Changes something on the platform, and tells if that was refused. */
export async function change(path, method, body) {
  try {
    await control(path, method, body);
    tell();
  } catch (error) {
    tell(error.message);
  }
}
