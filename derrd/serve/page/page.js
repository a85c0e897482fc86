'use strict';

const part = id => document.getElementById(id);
const text = part('text'), found = part('found'), chosen = part('chosen'), only = part('only');
const liked = [];  // items chosen so far: {item, name}
let model = null, suggestions = [], selected = -1, lastSearch = 0, lastOnly = 0, lastQuestion = 0, searchTimer = 0, onlyTimer = 0;

const who = () => document.querySelector('input[name="who"]:checked').value;

// --- the server ---

// The token is kept for this tab alone.
async function ask(path, body) {
  const headers = {};
  const token = sessionStorage.getItem('token');
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers['Content-Type'] = 'application/json';
  const response = await fetch(path, {method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body)});
  const answer = await response.json();
  if (response.ok) return answer;
  if (response.status === 401) {
    part('token-form').hidden = false;
    part('token').focus();
  }
  throw new Error(answer.error.message);
}

function complain(error) {
  part('message').textContent = error ? error.message : '';
}

async function describeModel() {
  model = await ask('/v1/model');
  part('only-field').hidden = !model.attributes;
  const numbers = new Intl.NumberFormat('en');
  const facts = facts => `${facts.kind}, ${facts.representation_width} numbers a user and item`;
  part('model').textContent = `${numbers.format(model.users)} users, ${numbers.format(model.items)} items. Student: ${facts(model)}` +
      (model.teacher ? `. Teacher: ${facts(model.teacher)}.` : '.');
}

// --- finding a user or an item ---

const label = entry => typeof entry === 'string' ? entry : entry.name || entry.item;

async function search() {
  const mine = ++lastSearch;
  const kind = who() === 'user' ? 'users' : 'items';
  const answer = await ask(`/v1/${kind}?limit=20&q=${encodeURIComponent(text.value)}`);
  if (mine === lastSearch) show(answer[kind]);  // otherwise more has been typed since
}

function show(entries) {
  suggestions = entries;
  selected = -1;
  found.replaceChildren(...entries.map((entry, index) => {
    const line = document.createElement('li');
    line.id = `found-${index}`;
    line.role = 'option';
    line.setAttribute('aria-selected', 'false');
    line.textContent = label(entry);
    if (entry.name) line.append(idOf(entry));
    line.addEventListener('mousedown', event => event.preventDefault());  // the field keeps the focus
    line.addEventListener('click', () => choose(entry));
    return line;
  }));
  open(entries.length > 0);
}

function open(is) {
  found.hidden = !is;
  text.setAttribute('aria-expanded', String(is));
  if (!is) text.removeAttribute('aria-activedescendant');
}

function select(index) {
  selected = index;
  [...found.children].forEach((line, i) => line.setAttribute('aria-selected', String(i === index)));
  if (index < 0) return text.removeAttribute('aria-activedescendant');
  text.setAttribute('aria-activedescendant', `found-${index}`);
  found.children[index].scrollIntoView({block: 'nearest'});
}

function choose(entry) {
  clearTimeout(searchTimer);
  ++lastSearch;  // an answer that is still under way must not open the list again
  open(false);
  if (typeof entry === 'string') {
    text.value = entry;
    recommend();
  } else {
    if (!liked.some(one => one.item === entry.item)) liked.push(entry);
    text.value = '';
    showLiked();
    recommend();
  }
}

function showLiked() {
  chosen.replaceChildren(...(who() === 'items' ? liked : []).map(entry => {
    const line = document.createElement('li'), button = document.createElement('button');
    button.type = 'button';
    button.textContent = `${label(entry)} ×`;
    button.setAttribute('aria-label', `Remove ${label(entry)}`);
    button.addEventListener('click', () => {
      liked.splice(liked.indexOf(entry), 1);
      showLiked();
      text.focus();
    });
    line.append(button);
    return line;
  }));
}

// --- only some items ---

async function suggestOnly() {
  const mine = ++lastOnly;
  const answer = await ask(`/v1/attributes?limit=20&q=${encodeURIComponent(only.value)}`);
  if (mine !== lastOnly) return;
  part('labels').replaceChildren(...answer.values.map(({name, value, items}) => {
    const option = document.createElement('option');
    option.value = `${name}=${value}`;
    option.label = items === 1 ? '1 item' : `${items} items`;
    return option;
  }));
}

function restriction() {
  if (only.value === '') return {};
  const sign = only.value.indexOf('=');
  if (sign < 0) throw new Error('Write what the items are to have as name=value.');
  return {where: {[only.value.slice(0, sign)]: only.value.slice(sign + 1)}};
}

// --- recommending ---

function idOf(entry) {
  const id = document.createElement('span');
  id.className = 'id';
  id.textContent = entry.item;
  return id;
}

function list(section, entries, shared) {
  part(section).querySelector('ol').replaceChildren(...entries.map(entry => {
    const line = document.createElement('li'), name = document.createElement('span');
    name.textContent = label(entry);
    if (entry.name) name.append(idOf(entry));
    line.append(name);
    if (shared && shared.has(entry.item)) {
      const both = document.createElement('span');  // colour alone would not tell everybody
      both.className = 'both';
      both.textContent = 'both';
      line.className = 'shared';
      line.append(both);
    }
    if ('score' in entry) {
      const score = document.createElement('span');
      score.className = 'score';
      score.textContent = entry.score.toFixed(3);
      line.append(score);
    }
    return line;
  }));
}

function time(section, microseconds) {
  part(section).querySelector('.time').textContent = `${microseconds.toFixed(1)} µs`;
}

function question() {
  const body = {k: Number(part('k').value), include_seen: part('seen').checked, compare: Boolean(model.teacher), ...restriction()};
  if (who() === 'user') return {...body, user: text.value};
  if (liked.length === 0) throw new Error('Choose at least one item.');
  return {...body, items: liked.map(entry => entry.item)};
}

async function recommend() {
  const mine = ++lastQuestion;
  complain(null);
  open(false);
  try {
    if (!model) await describeModel();
    const body = question();
    const answer = await ask('/v1/recommend', body);
    const known = model.histories && body.user !== undefined;
    const history = known ? await ask(`/v1/history?limit=100&user=${encodeURIComponent(body.user)}`) : {total: 0, items: []};
    if (mine === lastQuestion) showAnswer(answer, history, known);
  } catch (error) {
    if (mine !== lastQuestion) return;
    part('answers').hidden = true;
    part('summary').textContent = '';
    complain(error);
  }
}

function showAnswer(answer, history, known) {
  const ids = entries => new Set(entries.map(entry => entry.item));
  const teacher = answer.teacher;
  list('student', answer.items, teacher && ids(teacher.items));
  time('student', answer.microseconds);
  part('history').hidden = !known;
  part('history-title').textContent = `History (${history.total})`;
  list('history', history.items);
  part('teacher').hidden = !teacher;
  let summary = `The student took ${answer.microseconds.toFixed(1)} µs.`;
  if (teacher) {
    list('teacher', teacher.items, ids(answer.items));
    time('teacher', teacher.microseconds);
    summary = `Both share ${teacher.shared} of ${answer.items.length}. The student took ${answer.microseconds.toFixed(1)} µs, ` +
        `the teacher ${teacher.microseconds.toFixed(1)} µs.`;
  }
  part('summary').textContent = summary;
  part('answers').hidden = false;
}

// --- what people do ---

text.addEventListener('input', () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => search().catch(complain), 80);
});
text.addEventListener('keydown', event => {
  if (event.key === 'ArrowDown' && found.hidden) {
    search().catch(complain);
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (found.hidden) return;
    const count = suggestions.length, step = event.key === 'ArrowDown' ? 1 : -1;
    select(selected < 0 ? (step > 0 ? 0 : count - 1) : (selected + step + count) % count);
  } else if (event.key === 'Enter' && !found.hidden && selected >= 0) {
    choose(suggestions[selected]);
  } else if (event.key === 'Escape') {
    return open(false);
  } else {
    return;
  }
  event.preventDefault();
});
text.addEventListener('blur', () => open(false));
only.addEventListener('focus', () => suggestOnly().catch(complain));
only.addEventListener('input', () => {
  clearTimeout(onlyTimer);
  onlyTimer = setTimeout(() => suggestOnly().catch(complain), 80);
});
part('question').addEventListener('submit', event => {
  event.preventDefault();
  clearTimeout(searchTimer);
  ++lastSearch;
  recommend();
});
part('token-form').addEventListener('submit', event => {
  event.preventDefault();
  sessionStorage.setItem('token', part('token').value);
  part('token-form').hidden = true;
  describeModel().then(() => complain(null), complain);
});
document.querySelectorAll('input[name="who"]').forEach(choice => choice.addEventListener('change', () => {
  part('label').textContent = who() === 'user' ? 'User' : 'Items';
  text.value = '';
  open(false);
  showLiked();
}));
describeModel().catch(complain);
