// The page. It lists, creates, edits and deletes through the generated routes. It shows the signals that the server sends.

const $ = (selector) => document.querySelector(selector);
const PER_PAGE = 50;
const SIGNALS_SHOWN = 200;

const RESOURCES = {
  person: {
    title: "People",
    columns: ["name", "email", "role", "joined"],
    fields: [
      { name: "name", label: "Name", type: "text" },
      { name: "email", label: "E-mail", type: "email" },
      { name: "role", label: "Role", type: "text" },
      { name: "joined", label: "Joined", type: "date" },
    ],
  },
  team: {
    title: "Teams",
    columns: ["name", "lead", "members", "projects"],
    fields: [
      { name: "name", label: "Name", type: "text" },
      { name: "lead", label: "Lead", type: "person" },
      { name: "members", label: "Members", type: "people" },
      { name: "projects", label: "Projects", type: "projects" },
    ],
  },
};

let resource = "person";
let page = null; // the query of the shown page; null for the first page
let pagesBefore = []; // the earlier pages, because a cursor leads only forward
let people = new Map();
let asked = 0; // the number of refreshes; only the last one shows its result
let wasLost = false;
let projectsInside; // a promise of whether teams have their projects inside

// --- talking to the server

class Problem extends Error {
  constructor(problem) {
    super(problem.detail || problem.title);
    this.status = problem.status;
    this.errors = problem.errors || {};
  }

  // The same problem, of a part called `name`.
  within(name) {
    this.errors = Object.fromEntries(Object.entries(this.errors).map(([key, messages]) => [`${name}.${key}`, messages]));
    return this;
  }
}

async function request(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Problem({ detail: "The server cannot be reached." });
  }
  if (!response.ok) throw new Problem(await response.json().catch(() => ({ title: response.statusText })));
  const { headers } = response;
  const header = (name) => headers.get(name) || "";
  return { data: response.status === 204 ? null : await response.json(), link: header("Link"), allow: header("Allow") };
}

const linkTo = (link, rel) => link.match(new RegExp(`<([^>]*)>; rel="${rel}"`))?.[1];

async function everyone() {
  const found = new Map();
  for (let path = "/api/person/?per_page=100"; path; ) {
    const { data, link } = await request("GET", path);
    data.forEach((person) => found.set(person.id, person.name));
    path = linkTo(link, "next");
  }
  return found;
}

// A team that is a document contains its projects. They are changed at paths below the team. A team in a table only refers
// to its projects. They have routes of their own, and cannot be changed at paths below the team.
async function askWhereProjectsAre() {
  const { allow } = await request("OPTIONS", "/api/team/-/projects/-/");
  return allow.includes("PATCH");
}

async function firstPage() {
  const expand = resource === "team" && !(await projectsInside) ? "&expand=projects" : "";
  return `?per_page=${PER_PAGE}&fields=id,${RESOURCES[resource].columns}${expand}`;
}

// --- small helpers to make elements; text is never set as HTML

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function shown(name, value) {
  if (value === null || value === undefined) return "";
  if (name === "lead") return people.get(value) ?? value;
  if (name === "members") return value.map((id) => people.get(id) ?? id).join(", ");
  if (name === "projects") return value.map((project) => `${project.name} (${project.status})`).join(", ");
  return String(value);
}

// --- the list

async function refresh() {
  const mine = ++asked;
  try {
    const [known, { data, link }] = await Promise.all([
      resource === "team" ? everyone() : people,
      request("GET", `/api/${resource}/${page ?? (await firstPage())}`),
    ]);
    if (mine !== asked) return;
    people = known;
    showList(data, link);
  } catch (error) {
    $("#empty").textContent = error.message;
    $("#empty").hidden = false;
  }
}

function showList(items, link) {
  const { title, columns } = RESOURCES[resource];
  $("#records-title").textContent = title;
  $("#endpoint").textContent = `/api/${resource}/`;
  $("thead").replaceChildren(element("tr", {}, ...columns.map((name) => element("th", { textContent: name, scope: "col" })), element("th")));
  const focused = document.activeElement?.dataset.key;
  $("tbody").replaceChildren(...items.map(row));
  if (focused) $(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  $("#empty").textContent = "Nothing here yet. “New” creates the first one.";
  $("#empty").hidden = items.length > 0;
  const next = linkTo(link, "next");
  $("#prev").disabled = pagesBefore.length === 0;
  $("#prev").onclick = () => {
    page = pagesBefore.pop();
    turn();
  };
  $("#next").disabled = !next;
  $("#next").onclick = () => {
    pagesBefore.push(page);
    page = next.slice(next.indexOf("?"));
    turn();
  };
}

async function turn() {
  await refresh();
  $(".scroll").scrollTop = 0;
  $(".records").scrollIntoView({ block: "start" });
}

function row(item) {
  const edit = element("button", { type: "button", textContent: "Edit", ariaLabel: `Edit ${item.name}`, onclick: () => openEditor(item) });
  const remove = element("button", { type: "button", className: "danger", textContent: "Delete", ariaLabel: `Delete ${item.name}` });
  edit.dataset.key = `edit ${item.id}`;
  remove.dataset.key = `delete ${item.id}`;
  remove.onclick = async () => {
    if (!confirm(`Delete ${item.name}?`)) return;
    try {
      await request("DELETE", `/api/${resource}/${encodeURIComponent(item.id)}/`);
    } catch (error) {
      alert(error.message);
    }
    refresh();
  };
  const cells = RESOURCES[resource].columns.map((name) => {
    const cell = element("td", { className: name, textContent: shown(name, item[name]) });
    cell.dataset.label = name; // a narrow screen shows the label instead of the table's head
    return cell;
  });
  return element("tr", {}, ...cells, element("td", { className: "tools" }, edit, " ", remove));
}

// --- the editor

const CONTROLS = {
  person(value) {
    const options = [...people].map(([id, name]) => new Option(name, id, false, id === value));
    const select = element("select", {}, new Option("nobody", "", false, !value), ...options);
    return { part: select, read: () => select.value || null };
  },
  people(value) {
    const boxes = [...people].map(([id, name]) => {
      const box = element("input", { type: "checkbox", value: id, checked: (value ?? []).includes(id) });
      return { box, label: element("label", {}, box, ` ${name}`) };
    });
    const part = element("fieldset", { className: "choices" }, element("legend", { textContent: "Members" }), ...boxes.map(({ label }) => label));
    return { part, read: () => boxes.filter(({ box }) => box.checked).map(({ box }) => box.value) };
  },
  projects(value) {
    const rows = element("div");
    const add = ({ id, ...project } = { status: "idea" }) => {
      const made = { id };
      const status = element("select", { ariaLabel: "Status" }, ...["idea", "active", "done"].map((s) => new Option(s, s, false, s === project.status)));
      const drop = element("button", { type: "button", textContent: "✕", ariaLabel: "Remove project" });
      const name = element("input", { value: project.name ?? "", placeholder: "Project", ariaLabel: "Project name" });
      const due = element("input", { type: "date", value: project.due ?? "", ariaLabel: "Due" });
      const line = element("div", { className: "row" }, name, status, due, drop);
      line.read = () => Object.assign(made, { name: name.value.trim() || null, status: status.value, due: due.value || null });
      drop.onclick = () => line.remove();
      rows.append(line);
    };
    (value ?? []).forEach(add);
    const more = element("button", { type: "button", textContent: "Add project", onclick: () => add() });
    const read = () => [...rows.children].map((line) => line.read());
    return { part: element("fieldset", {}, element("legend", { textContent: "Projects" }), rows, more), read };
  },
};

function plainControl(type, value) {
  const input = element("input", { type, value: value ?? "" });
  return { part: input, read: () => input.value.trim() || null };
}

function field({ name, label, type }, item) {
  const { part, read } = CONTROLS[type]?.(item?.[name]) ?? plainControl(type, item?.[name]);
  const error = element("div", { className: "error", id: `error-${name}` });
  part.setAttribute("aria-describedby", error.id);
  const labelled = part.tagName === "FIELDSET" ? part : element("label", {}, element("span", { textContent: label }), part);
  return { name, read, part, error, before: JSON.stringify(read()), whole: element("div", { className: "field" }, labelled, error) };
}

async function openEditor(item) {
  const edited = resource;
  if (edited === "team") people = await everyone().catch(() => people);
  const controls = RESOURCES[edited].fields.map((declared) => field(declared, item));
  const saved = structuredClone(item ?? {});
  const save = $("#editor [type=submit]");
  $("#editor-title").textContent = item ? `Edit ${item.name}` : `New ${edited}`;
  $("#fields").replaceChildren(...controls.map(({ whole }) => whole));
  $("#problem").hidden = true;
  $("#editor form").onsubmit = async (event) => {
    event.preventDefault();
    const changed = controls.filter(({ read, before }) => JSON.stringify(read()) !== before);
    const values = Object.fromEntries(changed.map(({ name, read }) => [name, read()]));
    for (const control of changed) control.before = null; // a value that may be only partly stored is stored again
    save.disabled = true;
    try {
      await store(edited, saved, values);
      $("#editor").close();
      refresh();
    } catch (problem) {
      showProblem(problem, controls);
    } finally {
      save.disabled = false;
    }
  };
  $("#editor").showModal();
}

// Members and projects of a stored team are changed at paths of their own. One request changes all other values.
// `saved` notes what is stored. So if the user saves again after a problem, only the rest is sent.
async function store(edited, saved, { members, projects, ...values }) {
  const all = `/api/${edited}/`;
  const one = () => `${all}${encodeURIComponent(saved.id)}/`;
  if (!saved.id) {
    const { data } = await request("POST", all, members ? { ...values, members } : values);
    Object.assign(saved, { id: data.id, members: [...(members ?? [])], projects: [] });
  } else if (Object.keys(values).length > 0 || !(members || projects)) {
    await request("PATCH", one(), values);
  }
  if (members) await storeMembers(`${one()}members/`, saved.members, members);
  if (projects) await storeProjects(saved.id, saved.projects, projects);
}

async function storeMembers(path, before, members) {
  const joining = members.filter((id) => !before.includes(id));
  if (joining.length > 0) await request("POST", path, { members: joining });
  before.push(...joining);
  for (const id of before.filter((id) => !members.includes(id))) {
    await remove(`${path}${encodeURIComponent(id)}/`);
    before.splice(before.indexOf(id), 1);
  }
}

async function storeProjects(team, before, projects) {
  const isInside = await projectsInside;
  const path = isInside ? `/api/team/${encodeURIComponent(team)}/projects/` : "/api/project/";
  for (const { id } of before.filter(({ id }) => !projects.some((project) => project.id === id))) {
    await remove(`${path}${encodeURIComponent(id)}/`);
  }
  for (const [index, project] of projects.entries()) {
    const { id, ...values } = project;
    const old = before.find((other) => other.id === id);
    try {
      if (!id) {
        project.id = (await request("POST", path, isInside ? values : { ...values, team })).data.id;
        before.push({ ...project });
      } else if (Object.keys(values).some((name) => values[name] !== old[name])) {
        await request("PATCH", `${path}${encodeURIComponent(id)}/`, values);
        Object.assign(old, values);
      }
    } catch (problem) {
      throw problem.within(`projects.${index}`);
    }
  }
}

async function remove(path) {
  await request("DELETE", path).catch((problem) => {
    if (problem.status !== 404) throw problem; // 404: somebody else has removed it
  });
}

function showProblem(problem, controls) {
  const left = { ...problem.errors };
  for (const { name, part, error } of controls) {
    const keys = Object.keys(left).filter((key) => key === name || key.startsWith(`${name}.`));
    error.textContent = keys.map((key) => (key === name ? "" : `${key}: `) + left[key].join(" ")).join(" ");
    part.ariaInvalid = String(keys.length > 0);
    keys.forEach((key) => delete left[key]);
  }
  const others = Object.entries(left).map(([key, messages]) => `${key}: ${messages.join(" ")}`);
  $("#problem").textContent = [problem.message, ...others].join(" ");
  $("#problem").hidden = false;
}

// --- the signals

function text(name, value) {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return `[${value.map((item) => text(name, item)).join(", ")}]`;
  if (typeof value === "object") return JSON.stringify(value);
  const isPerson = name === "lead" || name === "members";
  return (isPerson && people.get(String(value))) || String(value);
}

function change({ from, to }, name) {
  return element("div", {}, `${name}: `, element("del", { textContent: text(name, from) }), " → ", element("ins", { textContent: text(name, to) }));
}

function describe(signal) {
  const what = element("div", { className: "what" });
  if (signal.parent) what.append(`${signal.instance} · ${signal.field} of ${signal.parent}`);
  else if (signal.instance) what.append(signal.instance);
  else if (signal.items !== undefined) what.append(`${signal.items} item${signal.items === 1 ? "" : "s"}`);
  else if (signal.arguments) what.append(signal.arguments.join(" / "));
  if (signal.user) what.append(signal.user);
  if (signal.error) what.append(element("div", {}, `${signal.act}: ${signal.error}`));
  if (signal.updated_fields) {
    const changes = Object.entries(signal.updated_fields);
    what.append(...(changes.length ? changes.map(([name, both]) => change(both, name)) : [" · nothing changed"]));
  } else if (signal.data) {
    const given = Object.entries(signal.data).filter(([, value]) => value !== null);
    what.append(...given.map(([name, value]) => element("div", {}, `${name}: `, element("ins", { textContent: text(name, value) }))));
  }
  return what;
}

let refreshing;

function showSignal(signal) {
  const [when] = signal.signal.split("_", 1);
  const read = signal.signal.includes("_get_") || ["get", "list"].includes(signal.act);
  const entry = element(
    "li",
    { className: `${when}${read ? " read" : ""}`, title: `request ${signal.request_id}` },
    element("time", { textContent: new Date(signal.at).toLocaleTimeString() }),
    element("span", { className: "name", textContent: signal.signal }),
    element("span", { className: "sender", textContent: signal.sender }),
    describe(signal),
  );
  $("#log").prepend(entry);
  while ($("#log").children.length > SIGNALS_SHOWN) $("#log").lastChild.remove();
  $("#quiet").hidden = true;
  if (when === "post" && !read) {
    clearTimeout(refreshing);
    refreshing = setTimeout(refresh, 50);
  }
}

function listen() {
  const stream = new EventSource("/signals");
  stream.onopen = () => {
    state("live", "live");
    if (wasLost) start();
    wasLost = false;
  };
  stream.onmessage = (event) => showSignal(JSON.parse(event.data));
  stream.onerror = () => {
    state("lost", "reconnecting");
    wasLost = true;
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 1000); // after an error page; else the browser connects again
  };
}

function state(value, text) {
  $("#state").dataset.state = value;
  $("#state").textContent = text;
  $("#lost").hidden = value !== "lost";
}

// --- who is signed in

async function showUser() {
  const { data } = await request("GET", "/api/auth/me/");
  $("#sign-in").hidden = data.authenticated;
  $("#user").hidden = !data.authenticated;
  if (data.authenticated) $("#user span").textContent = `${data.userData.name}, ${data.userData.role}`;
}

async function sign(path, credentials) {
  try {
    await request("POST", path, credentials);
    await showUser();
  } catch (error) {
    alert(error.message);
  }
}

$("#sign-in").onsubmit = (event) => {
  event.preventDefault();
  const name = $("#sign-in input").value.trim();
  sign("/api/auth/signin/", { provider: "mock", access_token: "demo", id: name, name });
};
$("#user button").onclick = () => sign("/api/auth/signout/");

// --- wiring

function start() {
  projectsInside = askWhereProjectsAre();
  projectsInside.catch(() => {}); // the code that awaits the promise shows the error
  refresh();
}

for (const button of document.querySelectorAll("nav button")) {
  button.onclick = () => {
    resource = button.dataset.resource;
    page = null;
    pagesBefore = [];
    for (const other of document.querySelectorAll("nav button")) other.ariaPressed = String(other === button);
    refresh();
  };
}
$("#new").onclick = () => openEditor(null);
$("#cancel").onclick = () => $("#editor").close();
$("#clear").onclick = () => {
  $("#log").replaceChildren();
  $("#quiet").hidden = false;
};
$("#reads").onchange = (event) => document.body.classList.toggle("reads", event.target.checked);
start();
showUser().catch(() => {}); // the list already says that the server cannot be reached
listen();
