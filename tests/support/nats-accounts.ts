/** An operator, an account and its users, as nsc would make them: what a nats-server with JWTs knows and asks for. */
import { randomUUID } from 'node:crypto';
import { nkeys } from 'nats';

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

export interface UserOfAccount {
  readonly publicKey: string;
  /** The content of the `.creds` file. */
  readonly creds: string;
}

type KeyPair = ReturnType<typeof nkeys.createUser>;

const UNLIMITED = { subs: -1, data: -1, payload: -1 };

export class NatsAccount {
  readonly #operator = nkeys.createOperator();
  readonly #account = nkeys.createAccount();

  /** Of a server that trusts this operator and has this account. */
  get serverConfiguration(): string {
    const operator = token(this.#operator, this.#operator, { type: 'operator', version: 2 });
    const limits = { ...UNLIMITED, conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true };
    const account = token(this.#operator, this.#account, { type: 'account', version: 2, limits });
    const name = this.#account.getPublicKey();
    return `operator: ${operator}\nresolver: MEMORY\nresolver_preload: { ${name}: ${account} }\n`;
  }

  /** The permissions may name the user's key, which is made here. */
  createUser(permit: (publicKey: string) => Permissions): UserOfAccount {
    const user = nkeys.createUser();
    const publicKey = user.getPublicKey();
    const { publish, subscribe } = permit(publicKey);
    const pub = { allow: publish };
    const sub = { allow: subscribe };
    const jwt = token(this.#account, user, { type: 'user', version: 2, pub, sub, ...UNLIMITED });
    const seed = Buffer.from(user.getSeed()).toString();
    return { publicKey, creds: `${block('USER JWT', jwt)}\n${block('USER NKEY SEED', seed)}` };
  }
}

/** The claims of `issuer` about `subject`, signed. */
function token(issuer: KeyPair, subject: KeyPair, nats: object): string {
  const claims = {
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name: 'test',
    nats,
  };
  const text = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`;
}

function block(what: string, text: string): string {
  return `-----BEGIN NATS ${what}-----\n${text}\n------END NATS ${what}------\n`;
}
