// A real authorization server (oidc-provider) for the tests of OAuth2, on a free port of 127.0.0.1, with one client per
// way in which providers differ. The first line of its output is its address. POST /test/advance?seconds=<n> lets its
// time pass; POST /test/tokens?status=<n> lets its token endpoint fail with a status, 0 for no longer.

import http from 'node:http';
import Provider from 'oidc-provider';

const [webUri] = process.argv.slice(2);
const realNow = Date.now;
let offset = 0;
Date.now = () => realNow() + offset;
let tokenStatus = 0;

const client = (id, type, more = {}) => ({
  client_id: id,
  client_secret: 'client-secret-of-the-tests-0123456789',
  redirect_uris: [`${webUri}/ext/connectors/${type}`],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  ...more,
});

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      client('plain', 'generic/oauth2'),
      client('strict', 'generic/oauth2'), // wants PKCE
      client('post', 'generic/oauth2', { token_endpoint_auth_method: 'client_secret_post' }),
      client('quiet', 'generic/oauth2'), // says its refresh token once
      client('timeless', 'generic/oauth2'), // does not say when tokens expire
      client('github', 'github/oauth2'),
      client('slack-bot', 'slack/oauth2_bot'),
      client('slack-user', 'slack/oauth2_user'),
    ],
    scopes: ['openid', 'offline_access', 'read', 'repo', 'chat:write', 'incoming-webhook'],
    pkce: { methods: ['S256'], required: (ctx, { clientId }) => clientId === 'strict' },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, RefreshToken: 86400, Interaction: 3600, Session: 3600, Grant: 86400 },
    issueRefreshToken: async () => true,
    rotateRefreshToken: (ctx) => ctx.oidc.client.clientId !== 'quiet',
    routes: { authorization: '/authorize', token: '/token', jwks: '/jwks' },
    features: { devInteractions: { enabled: true } },
    clientBasedCORS: () => false,
    cookies: { keys: ['a key of the tests'] },
  });
  provider.use(differ);
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const url = new URL(request.url, issuer);
    if (url.pathname === '/test/advance') {
      offset += 1000 * Number(url.searchParams.get('seconds'));
      response.writeHead(204).end();
    } else if (url.pathname === '/test/tokens') {
      tokenStatus = Number(url.searchParams.get('status'));
      response.writeHead(204).end();
    } else if (url.pathname === '/token' && tokenStatus) {
      response.writeHead(tokenStatus, { 'Content-Type': 'text/html' }).end('<h1>away</h1>');
    } else {
      // oidc-provider 8 has its metadata at the address of OpenID Connect only; RFC 8414 wants another one.
      if (url.pathname === '/.well-known/oauth-authorization-server') request.url = '/.well-known/openid-configuration';
      // Slack separates scopes by commas.
      if (url.searchParams.get('client_id')?.startsWith('slack')) request.url = request.url.replaceAll('%2C', '%20');
      answer(request, response);
    }
  });
  process.stdout.write(`${issuer}\n`);
});

// Turns the answers of the token endpoint into those of other providers.
async function differ(ctx, next) {
  await next();
  const body = ctx.body;
  if (ctx.path !== '/token' || !body || typeof body !== 'object') return;
  const id = ctx.oidc?.client?.clientId ?? '';
  if (id === 'quiet' && ctx.oidc.params?.grant_type === 'refresh_token') delete body.refresh_token;
  if (id === 'timeless') delete body.expires_in;
  if (id === 'github' && body.error) ctx.status = 200; // GitHub says errors with status 200
  if (id.startsWith('slack')) ctx.body = slack(id, body, ctx);
}

function slack(id, body, ctx) {
  if (body.error) {
    ctx.status = 200;
    return { ok: false, error: body.error };
  }
  const { access_token, refresh_token, expires_in } = body;
  const tokens = { access_token, refresh_token, expires_in };
  const incoming_webhook = { channel: '#general', url: 'https://hooks.slack.example/T/B/secret' };
  if (id === 'slack-bot') return { ok: true, token_type: 'bot', ...tokens, incoming_webhook };
  if (ctx.oidc.params.grant_type === 'refresh_token') return { ok: true, token_type: 'user', ...tokens };
  return { ok: true, authed_user: { id: 'U1', token_type: 'user', ...tokens } };
}

// Whoever started us holds the other end of our standard input.
process.stdin.on('end', () => process.exit(0)).resume();
