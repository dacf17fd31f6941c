// The sheet on the page: a card for each criterion, what the answers mean, and whether they are saved.
const make = (tag, className, text) => {
  const found = document.createElement(tag);
  if (className) found.className = className;
  if (text !== undefined) found.textContent = text;
  return found;
};

class Editor {
  constructor(root, data, ready) {
    Object.assign(this, { root, data, ready, words: data.words, cards: new Map(), shown: "all", feedback: null });
    this.keeper = new Keeper(data.path, data.language, (criterion, news) => this.hear(criterion, news));
    this.criteria = data.sections.flatMap((section) => section.criteria);
    this.build();
    this.keeper.read();
  }

  get megabytes() {
    return Math.floor(this.data.largest / 1024 / 1024);
  }

  say(key, values = {}) {
    return this.words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  }

  // Something changed: one criterion, everything (null), or only the state of saving (nothing said).
  hear(criterion, news = {}) {
    if (news.feedback) this.feedback = news.feedback;
    if (news.problems) this.problems = news.problems;
    if (criterion) this.update(criterion);
    else if (criterion === null) this.criteria.forEach((each) => this.update(each.id));
    this.showState();
    if (news.feedback || criterion !== undefined) this.showProgress();
  }

  build() {
    const head = make("header");
    this.state = make("p", "state");
    this.state.setAttribute("role", "status");
    this.level = make("p", "level");
    this.filters = make("div", "filters");
    for (const name of ["all", "blank", "missing"]) {
      const button = make("button", "", this.say(`show_${name}`));
      button.type = "button";
      button.onclick = () => { this.shown = name; this.showProgress(); };
      button.dataset.show = name;
      this.filters.append(button);
    }
    this.hints = make("div", "hints");
    head.append(this.state, this.level, this.hints, this.filters);
    this.empty = make("p", "none", this.say("none_left"));
    this.root.replaceChildren(head, ...this.data.sections.map((section, n) => this.section(section, n)), this.empty);
    if (this.data.ready) this.root.append(this.footer());
  }

  section(section, n) {
    const box = make("details", "section"), title = make("summary");
    box.open = n === 0 || this.data.sections.length < 3;
    box.dataset.id = section.id;
    title.append(make("span", "name", section.name), make("span", "count"));
    box.append(title);
    const all = make("button", "adopt-all");
    all.type = "button";
    all.onclick = () => section.criteria.filter((each) => this.proposed(each.id)).forEach((each) => this.adopt(each.id));
    box.append(all, ...section.criteria.map((each) => this.card(each)));
    return box;
  }

  footer() {
    const foot = make("footer"), button = make("button", "ready", this.data.ready);
    button.type = "button";
    this.before = make("span", "before");
    button.onclick = async () => {
      button.disabled = true;
      const done = await this.keeper.settled();
      button.disabled = false;
      this.before.textContent = done ? "" : this.say("not_settled");
      if (!done) return;
      this.ready();
      this.follow();
    };
    foot.append(button, this.before);
    this.foot = foot;
    return foot;
  }

  // What the button brings may stand below the sheet, out of sight: a form is brought into view once it is there.
  follow(tries = 25) {
    let next = this.root.getRootNode().host?.closest("[data-testid=stElementContainer]") ?? null;
    while (next && !next.querySelector("[data-testid=stForm]")) next = next.nextElementSibling;
    if (next) {
      next.style.scrollMarginTop = "4.5rem";
      next.scrollIntoView({ behavior: "smooth", block: "start" });
    } else if (tries > 0) setTimeout(() => this.follow(tries - 1), 200);
  }

  card(criterion) {
    const box = make("article"), id = criterion.id, card = { box, criterion };
    const title = make("h4");
    title.append(make("span", "number", criterion.number), make("span", "", criterion.text));
    const asks = make("p", "asks");
    this.data.levels.forEach((level, n) => {
      const ask = make("span", criterion.asks[n] === "—" ? "nothing" : "", `${level.name} ${criterion.asks[n]}`);
      asks.append(ask);
    });
    card.answer = criterion.measure === "yes_no" ? this.choice(card) : this.figure(card);
    card.beside = make("div", "beside");
    card.trouble = make("div", "trouble");
    card.more = make("details", "more");
    card.label = make("summary");
    card.more.append(card.label, this.text(card, "note"), this.text(card, "evidence"));
    card.links = make("p", "links");
    card.files = make("ul", "files");
    card.more.append(card.links, card.files, this.picker(card));
    card.tag = make("span", "tag");
    asks.append(card.tag);
    const head = make("div", "head");
    head.append(title, asks);
    box.append(head, card.answer, card.beside, card.trouble, card.more);
    this.cards.set(id, card);
    return box;
  }

  choice(card) {
    const box = make("div", "choice");
    box.setAttribute("role", "radiogroup");
    for (const [value, word] of [[1, "met"], [0, "not_met"], [null, "unanswered"]]) {
      const label = make("label"), input = make("input");
      input.type = "radio";
      input.name = `answer ${card.criterion.id}`;
      input.dataset.value = String(value);
      input.onchange = () => this.keeper.type(card.criterion.id, "value", value);
      label.append(input, make("span", "", this.say(word)));
      box.append(label);
    }
    return box;
  }

  figure(card) {
    const box = make("label", "figure"), input = make("input");
    input.type = "text";
    input.inputMode = card.criterion.measure === "count" ? "numeric" : "decimal";
    input.setAttribute("aria-label", card.criterion.text);
    input.placeholder = this.say("unanswered");
    input.oninput = () => {
      const text = input.value.normalize("NFKC").trim();
      this.keeper.type(card.criterion.id, "value", text === "" ? null : /^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
    };
    input.onblur = () => this.keeper.flush();
    box.append(input, make("span", "unit", card.criterion.unit));
    return box;
  }

  text(card, field) {
    const label = make("label", "text"), area = make("textarea");
    area.rows = 2;
    area.maxLength = this.data.longest;
    area.placeholder = this.say(`${field}_hint`);
    area.oninput = () => this.keeper.type(card.criterion.id, field, area.value.trim() ? area.value : null);
    area.onblur = () => this.keeper.flush();
    card[field] = area;
    label.append(make("span", "", this.say(field)), area);
    return label;
  }

  picker(card) {
    const label = make("label", "picker"), input = make("input"), told = make("p", "told");
    input.type = "file";
    input.multiple = true;
    input.accept = this.data.accept;
    input.onchange = async () => {
      told.textContent = this.say("sending");
      const failed = [];
      for (const file of input.files) {
        const large = file.size > this.data.largest && `${file.name}: ${this.say("too_large", { most: this.megabytes })}`;
        const failure = large || (await this.keeper.upload(card.criterion.id, file));
        if (failure !== null) failed.push(failure || `${file.name}: ${this.say("not_sent")}`);
      }
      input.value = "";
      told.textContent = failed.join("\n");
    };
    card.picker = label;
    card.told = told;
    label.append(make("span", "", this.say("add_file", { most: this.megabytes })), input, told);
    return label;
  }

  proposed(id) {
    return this.data.proposals && this.keeper.at(id, "value") === null && (this.keeper.beside[id]?.value ?? null) !== null;
  }

  // Last year's answer becomes this year's, because a person said so.
  adopt(id) {
    const last = this.keeper.beside[id];
    for (const field of ["value", "note", "evidence"]) {
      if (last[field] !== null && this.keeper.at(id, field) === null) this.keeper.type(id, field, last[field]);
    }
  }

  shownMark(criterion, value) {
    if (value === null || value === undefined) return this.say("unknown");
    if (criterion.measure === "yes_no") return this.say(Number(value) >= 1 ? "met" : "not_met");
    return `${value}${criterion.measure === "percent" ? "%" : ""}`;
  }

  update(id) {
    const card = this.cards.get(id), { criterion } = card, value = this.keeper.at(id, "value");
    if (!card) return;
    if (criterion.measure === "yes_no") {
      for (const input of card.answer.querySelectorAll("input")) input.checked = input.dataset.value === String(value);
    } else this.fill(card.answer.querySelector("input"), value === null ? "" : String(value));
    this.fill(card.note, this.keeper.at(id, "note") ?? "");
    this.fill(card.evidence, this.keeper.at(id, "evidence") ?? "");
    const files = this.keeper.files.filter((each) => each.criterion === id);
    this.showBeside(card);
    this.showTrouble(card);
    this.showFiles(card, files);
    const said = [card.note.value, card.evidence.value].filter((text) => text.trim()).length + files.length;
    card.label.textContent = this.say(said ? "more_some" : "more", { count: said });
    const locked = Boolean(this.keeper.lock) || !this.keeper.loaded;
    card.box.querySelectorAll("input, textarea").forEach((each) => { each.disabled = locked; });
    card.picker.hidden = locked;
  }

  // What a person is typing is not taken from under the fingers.
  fill(input, text) {
    const typing = this.root.getRootNode().activeElement === input;
    if (!typing && input.value !== text) input.value = text;
  }

  showBeside(card) {
    const id = card.criterion.id, other = this.keeper.beside[id];
    card.beside.replaceChildren();
    if (!other || (this.data.proposals && !this.proposed(id))) return;
    const said = [this.shownMark(card.criterion, other.value), other.note, other.evidence].filter(Boolean).join("　");
    card.beside.append(make("span", "", this.say(this.data.proposals ? "last_year" : "own", { said })));
    if (this.data.proposals && !this.keeper.lock) {
      const button = make("button", "adopt", this.say("adopt"));
      button.type = "button";
      button.onclick = () => this.adopt(id);
      card.beside.append(button);
    }
  }

  showTrouble(card) {
    card.trouble.replaceChildren();
    for (const field of ["value", "note", "evidence"]) {
      const change = this.keeper.waiting.get(`${card.criterion.id} ${field}`);
      if (change?.refused) card.trouble.append(make("p", "refused", change.refused));
      if (!change?.conflict) continue;
      const shown = (what) => field === "value" ? this.shownMark(card.criterion, what) : what || this.say("blank");
      const line = make("p", "conflict", this.say("conflict", { theirs: shown(change.theirs), mine: shown(change.after) }));
      const theirs = make("button", "", this.say("take_theirs")), mine = make("button", "", this.say("keep_mine"));
      theirs.type = mine.type = "button";
      theirs.onclick = () => {
        this.keeper.cells[card.criterion.id] = { ...this.keeper.cells[card.criterion.id], [field]: change.theirs };
        this.keeper.forget(`${card.criterion.id} ${field}`);
        this.hear(card.criterion.id);
      };
      mine.onclick = () => this.keeper.type(card.criterion.id, field, change.after, change.theirs);
      line.append(theirs, mine);
      card.trouble.append(line);
    }
  }

  showFiles(card, files) {
    card.links.replaceChildren();
    for (const [address] of (card.evidence.value ?? "").matchAll(/https?:\/\/[^\s，。；、“”<>"']+/g)) {
      card.links.append(this.link(address, address));
    }
    card.files.replaceChildren(...files.map((file) => {
      const item = make("li");
      item.append(this.link(`/api/evidence/${file.id}`, file.name), make("span", "size", `${Math.ceil(file.size / 1024)} KB`));
      if (!this.keeper.lock) {
        const button = make("button", "", this.say("remove"));
        button.type = "button";
        button.onclick = async () => {
          if (!window.confirm(this.say("remove_sure", { name: file.name }))) return;
          const failed = await this.keeper.remove(file);
          if (failed !== null) card.told.textContent = failed || this.say("not_sent");
        };
        item.append(button);
      }
      return item;
    }));
  }

  link(address, text) {
    const found = make("a", "", text);
    Object.assign(found, { href: address, target: "_blank", rel: "noopener noreferrer" });
    return found;
  }

  showState() {
    const { keeper } = this, waiting = keeper.waiting.size, stuck = waiting - keeper.open().length;
    const [name, values] = this.problems ? ["problem", { what: this.problems.join(" ") }]
      : keeper.lock ? ["locked", { why: keeper.lock }]
      : keeper.offline ? [keeper.loaded ? "offline" : "offline_unread", { count: waiting }]
      : !keeper.loaded ? ["reading", {}]
      : stuck ? ["stuck", { count: stuck }]
      : waiting ? ["saving", { count: waiting }]
      : keeper.savedAt ? ["saved_at", { time: keeper.savedAt.toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" }) }] : ["saved", {}];
    this.state.textContent = this.say(`state_${name}`, values);
    this.state.dataset.state = name;
    if (this.foot) this.foot.hidden = Boolean(keeper.lock);
  }

  showProgress() {
    const answered = this.criteria.filter((each) => this.keeper.at(each.id, "value") !== null).length;
    const told = this.feedback, parts = [this.say("answered", { count: answered, total: this.criteria.length })];
    const names = new Map(this.data.levels.map((level) => [level.value, level.name])).set(0, this.data.none);
    if (told?.sections) {
      parts.unshift(this.say("now", { level: names.get(told.met) }));
      if (told.high !== told.low) parts.push(this.say("bounds", { low: names.get(told.low), high: names.get(told.high) }));
      if (told.next !== null) parts.push(this.say("short_of", { level: names.get(told.next), count: told.missing.length }));
    }
    this.level.textContent = parts.join("　");
    this.showHints(told);
    this.show(new Map((told?.missing ?? []).map(([id, required]) => [id, required])), new Set(told?.decisive ?? []));
  }

  // What is missing, those first that only want an answer, then those that others made good most often.
  showHints(told) {
    this.hints.replaceChildren();
    if (!this.data.proposals || this.keeper.lock || !told?.missing?.length || told.missing.length > 2 * this.data.few) return;
    const order = this.data.effort[told.next] ?? [], blank = (id) => this.keeper.at(id, "value") === null;
    const ids = told.missing.map(([id]) => id);
    ids.sort((a, b) => blank(b) - blank(a) || order.indexOf(a) - order.indexOf(b));
    this.hints.append(make("span", "", this.say("easiest")));
    for (const id of ids.slice(0, 3)) {
      const { criterion, box } = this.cards.get(id), button = make("button", "", `${criterion.number} ${criterion.text}`);
      button.type = "button";
      button.title = criterion.text;
      button.onclick = () => {
        box.closest("details").open = true;
        box.scrollIntoView({ block: "center" });
      };
      this.hints.append(button);
    }
  }

  show(missing, decisive) {
    const blank = (id) => this.keeper.at(id, "value") === null;
    let left = 0;
    const few = [...decisive].filter(blank).length <= this.data.few;
    for (const [id, { box, tag }] of this.cards) {
      box.hidden = (this.shown === "blank" && !blank(id)) || (this.shown === "missing" && !missing.has(id));
      left += !box.hidden;
      box.classList.toggle("missing", missing.has(id));
      const deciding = few && blank(id) && decisive.has(id);
      box.classList.toggle("decisive", deciding);
      tag.textContent = deciding ? this.say("decisive") : missing.has(id) ? this.say("missing") : "";
    }
    this.empty.hidden = left > 0;
    for (const button of this.filters.children) {
      const on = button.dataset.show === this.shown;
      button.setAttribute("aria-pressed", String(on));
    }
    for (const box of this.root.querySelectorAll("details.section")) this.showSection(box);
  }

  showSection(box) {
    const section = this.data.sections.find((each) => each.id === box.dataset.id);
    const ids = section.criteria.map((each) => each.id), told = this.feedback?.sections?.[section.id];
    const answered = ids.filter((id) => this.keeper.at(id, "value") !== null).length;
    const count = told ? this.say("section_met", { met: told.met, total: ids.length }) : "";
    box.querySelector(".count").textContent = [this.say("answered", { count: answered, total: ids.length }), count].join("　");
    const visible = ids.some((id) => !this.cards.get(id).box.hidden);
    box.hidden = !visible;
    if (this.shown !== "all" && visible) box.open = true;
    const proposals = this.keeper.lock ? 0 : ids.filter((id) => this.proposed(id)).length;
    const all = box.querySelector(".adopt-all");
    all.hidden = proposals < 2;
    all.textContent = this.say("adopt_all", { count: proposals });
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".editor"), ready = () => setTriggerValue("ready", Date.now());
  if (host.editor?.data.path === data.path && host.editor.data.language === data.language) {
    host.editor.ready = ready;
    if (host.editor.data.stamp !== data.stamp) {
      host.editor.data = data;
      host.editor.keeper.read();
    }
  } else {
    host.editor?.keeper.stop();
    host.editor = new Editor(host, data, ready);
  }
  return () => { host.editor?.keeper.stop(); host.editor = undefined; };
}
