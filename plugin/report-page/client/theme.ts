/** Light or dark: as the system has it, until the reader says otherwise. */
import { h } from './dom.js';

const KEY = 'hvci-fix-theme';

export function themeButton(): HTMLButtonElement {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const isDark = (): boolean => (root.dataset['theme'] ?? (system.matches ? 'dark' : 'light')) === 'dark';
  const button = h('button', { type: 'button', class: 'theme' });
  const say = (): void => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', isDark() ? 'Use light colours' : 'Use dark colours');
  };
  const kept = remembered();
  if (kept === 'dark' || kept === 'light') root.dataset['theme'] = kept;
  button.addEventListener('click', () => {
    root.dataset['theme'] = isDark() ? 'light' : 'dark';
    remember(root.dataset['theme']);
    say();
  });
  system.addEventListener('change', say);
  say();
  return button;
}

/** A page opened from disk may have no storage. */
function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function remember(theme: string): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it holds for this visit.
  }
}
