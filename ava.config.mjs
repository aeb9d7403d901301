// Tests run from build/, where tsc puts them: a .ts file is never loaded directly (Node 20 cannot strip types).
export default {
  files: ['build/tests/**/*.test.js'],
  nodeArguments: ['--enable-source-maps'],
  timeout: '5m',
  workerThreads: false,
};
