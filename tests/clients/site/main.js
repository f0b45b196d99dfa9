// Says which of the page's parts have come as they should; tests/clients/run.py reads it.
import { check } from './part.js';

const told = document.getElementById('told');
const picture = document.getElementById('picture');

async function look() {
  const found = [];
  if (getComputedStyle(told).color === 'rgb(1, 2, 3)') found.push('style');
  await picture.decode();
  if (picture.naturalWidth === 21) found.push('picture');
  const data = await (await fetch('data.json')).json();
  if (check(data)) found.push('data');
  const range = await fetch('small.txt', { headers: { Range: 'bytes=10-14' } });
  if ((await range.text()) === '01234') found.push(`range ${range.status}`);
  const many = await Promise.all(Array.from({ length: 30 }, async (_, i) => (await fetch(`large.bin?${i}`)).blob()));
  found.push(`${many.filter((one) => one.size === 1024 * 1024).length} files`);
  return found.join(', ');
}

look().then((text) => { told.textContent = text; }, (error) => { told.textContent = String(error); });
