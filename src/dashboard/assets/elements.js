/** Makes elements. Texts go in as text alone: nothing that a slave says becomes markup. */

const SVG = 'http://www.w3.org/2000/svg';

export function element(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function drawn(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

/** Writes only what has changed, so that nothing that somebody marks or reads goes away. */
export function setText(node, text) {
  const wanted = String(text ?? '');
  if (node.textContent !== wanted) node.textContent = wanted;
}

export function setWidth(node, share) {
  const wanted = `${(Math.max(0, Math.min(1, share || 0)) * 100).toFixed(1)}%`;
  if (node.style.width !== wanted) node.style.width = wanted;
}

export function tile(label) {
  const value = element('b');
  const root = element('div', { class: 'tile' }, value, element('span', {}, label));
  return {
    root,
    set(text, title = '') {
      setText(value, text === '' ? '–' : text);
      root.classList.toggle('empty', text === '');
      if (root.title !== title) root.title = title;
    },
  };
}

export function tag(text) {
  return element('span', { class: `tag ${String(text).split(' ').at(-1)}` }, text);
}

/** A share as a bar and in words. */
export function bit(share, text) {
  const bar = element('i');
  setWidth(bar, share);
  return element('span', {}, element('span', { class: 'bit' }, bar), text);
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== undefined));
  return node;
}
