// Keeps what is typed: every change waits in localStorage until the server has said that it has it. A change names what
// it found (`before`) and what it leaves (`after`), so sending it twice is harmless and a conflict is noticed.
const SOON = 700, OFTEN = 15000, LONGEST_PAUSE = 15000, RARELY = 2500; // milliseconds

const same = (a, b) => (a ?? null) === (b ?? null);

class Keeper {
  constructor(path, language, tell) {
    Object.assign(this, { path, tell, query: `lang=${language}`, prefix: `sheet ${path} ` });
    this.cells = {}; // what the server has, by criterion
    this.waiting = new Map(); // "c01 value" → { before, after, conflict?, theirs?, refused? }
    this.files = [];
    this.beside = {};
    this.lock = null;
    this.pause = 0;
    this.savedAt = null;
    this.stopped = false;
    this.wake = () => this.flush();
    this.leave = () => this.flush(true);
    this.look = () => document.visibilityState === "visible" ? this.read() : this.flush(true);
    window.addEventListener("online", this.wake);
    window.addEventListener("pagehide", this.leave);
    document.addEventListener("visibilitychange", this.look);
    this.clock = setInterval(() => document.visibilityState === "visible" && this.read(), OFTEN);
  }

  stop() {
    this.stopped = true;
    window.removeEventListener("online", this.wake);
    window.removeEventListener("pagehide", this.leave);
    document.removeEventListener("visibilitychange", this.look);
    clearInterval(this.clock);
    clearTimeout(this.timer);
    this.flush(true);
  }

  at(criterion, field) {
    const change = this.waiting.get(`${criterion} ${field}`);
    return change ? change.after : this.stored(criterion, field);
  }

  stored(criterion, field) {
    return this.cells[criterion]?.[field] ?? null;
  }

  // Typed by a person. An answer to a conflict takes what the others left as its ground.
  type(criterion, field, after, before) {
    const key = `${criterion} ${field}`, was = this.waiting.get(key);
    if (before === undefined) before = was ? was.before : this.stored(criterion, field);
    if (same(after, before) && !this.sending) this.forget(key);
    else this.remember(key, { before, after });
    this.tell(criterion);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), SOON);
  }

  remember(key, change) {
    this.waiting.set(key, change);
    try {
      localStorage.setItem(this.prefix + key, JSON.stringify({ before: change.before, after: change.after }));
    } catch { /* a full or forbidden storage: the change still waits in this page */ }
  }

  forget(key) {
    this.waiting.delete(key);
    try { localStorage.removeItem(this.prefix + key); } catch { /* nothing is there then */ }
  }

  async fetch(path, options = {}) {
    const answer = await fetch(`${path}${path.includes("?") ? "&" : "?"}${this.query}`, { cache: "no-store", ...options });
    const content = await answer.json();
    if (answer.status >= 500) throw new Error(answer.status);
    return { ok: answer.ok, content };
  }

  // The sheet as the server has it; what waits from an earlier visit is taken up again.
  async read() {
    if (this.reading || this.sending) return;
    this.reading = true;
    try {
      const { ok, content } = await this.fetch(this.path);
      if (this.sending || this.stopped) return;
      if (!ok) return this.tell(null, { problems: content.problems });
      const old = JSON.stringify([this.cells, this.files, this.lock]);
      Object.assign(this, { cells: content.entries, files: content.files, beside: content.beside, lock: content.lock });
      this.offline = false;
      this.adopt();
      const changed = old !== JSON.stringify([this.cells, this.files, this.lock]);
      if (changed || !this.loaded) {
        this.loaded = true;
        this.tell(null);
        this.judge();
      } else this.tell();
      if (this.open().length) this.flush();
    } catch {
      this.fail();
    } finally {
      this.reading = false;
    }
  }

  adopt() {
    for (const name of Object.keys(localStorage).filter((each) => each.startsWith(this.prefix))) {
      const key = name.slice(this.prefix.length), [criterion, field] = key.split(" ");
      if (this.waiting.has(key)) continue;
      try {
        const change = JSON.parse(localStorage.getItem(name));
        if (same(change.after, this.stored(criterion, field))) this.forget(key);
        else this.waiting.set(key, change);
      } catch { localStorage.removeItem(name); }
    }
  }

  open() {
    return [...this.waiting].filter(([, change]) => !change.conflict && !change.refused);
  }

  async flush(leaving = false) {
    clearTimeout(this.timer);
    const sent = this.open();
    if (!sent.length || this.sending || this.lock) return;
    this.sending = true;
    this.tell();
    const changes = sent.map(([key, change]) => [...key.split(" "), change.before, change.after]);
    try {
      const { ok, content } = await this.fetch(this.path, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ changes }),
        keepalive: leaving,
      });
      this.offline = false;
      this.pause = 0;
      if (ok) this.settle(new Map(sent), content);
      else sent.forEach(([key]) => this.turn(key, { refused: content.problems.join(" ") }));
    } catch {
      this.fail();
    } finally {
      this.sending = false;
    }
    this.tell(null);
    this.judge();
    if (!this.offline && this.open().length) this.flush();
  }

  settle(sent, { kept, conflicts, refused }) {
    for (const [criterion, field, value] of kept) {
      const key = `${criterion} ${field}`, change = this.waiting.get(key);
      this.cells[criterion] = { ...this.cells[criterion], [field]: value };
      if (!change || same(change.after, sent.get(key).after)) this.forget(key);
      else this.remember(key, { before: value, after: change.after });
    }
    for (const { criterion, field, theirs } of conflicts) this.turn(`${criterion} ${field}`, { conflict: true, theirs });
    for (const [criterion, field, why] of refused) this.turn(`${criterion} ${field}`, { refused: why });
    this.savedAt = new Date();
  }

  turn(key, what) {
    const change = this.waiting.get(key);
    if (change) this.waiting.set(key, { ...change, ...what });
  }

  fail() {
    this.offline = true;
    this.pause = Math.min(LONGEST_PAUSE, Math.max(1000, 2 * this.pause));
    this.tell();
    clearTimeout(this.timer);
    if (!this.stopped) this.timer = setTimeout(() => (this.loaded ? this.flush() : this.read()), this.pause);
  }

  // Whether everything is on the server; saves first.
  async settled() {
    for (let tries = 0; tries < 40 && (this.sending || this.open().length) && !this.offline; tries++) {
      this.flush();
      await new Promise((done) => setTimeout(done, 150));
    }
    return this.waiting.size === 0 && !this.sending;
  }

  // What the sheet means, asked of the server once typing pauses.
  judge() {
    if (this.judging) return;
    const since = Date.now() - (this.judged ?? 0);
    this.judging = setTimeout(async () => {
      this.judging = null;
      this.judged = Date.now();
      try {
        const { ok, content } = await this.fetch(`${this.path}/feedback`);
        if (ok && !this.stopped) this.tell(undefined, { feedback: content });
      } catch { this.fail(); }
    }, Math.max(200, RARELY - since));
  }

  async upload(criterion, file) {
    try {
      const path = `${this.path}/files/${criterion}?name=${encodeURIComponent(file.name)}`;
      const { ok, content } = await this.fetch(path, {
        method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: file,
      });
      if (!ok) return content.problems.join(" ");
      if (!this.files.some((each) => each.id === content.id)) this.files.push(content);
      this.tell(criterion);
      return null;
    } catch { return false; }
  }

  async remove(file) {
    try {
      const { ok, content } = await this.fetch(`/api/evidence/${file.id}`, { method: "DELETE" });
      if (!ok) return content.problems.join(" ");
      this.files = this.files.filter((each) => each.id !== file.id);
      this.tell(file.criterion);
      return null;
    } catch { return false; }
  }
}
