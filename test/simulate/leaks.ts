import { formsOf } from '../standins/demo/leaks';
import { canary, canaryEnd } from '../support/outside';

/** What every secret holds, in all usual encodings. It has no character that JSON, SQL or a URL would write otherwise. */
const forms = [...new Set([canary, ...formsOf(canaryEnd)])];

/** Whether a text holds any secret of a world, plain, in JSON, SQL, a URL, hexadecimal or base64. */
export const holdsSecret = (text: string): boolean => forms.some((form) => text.includes(form));
