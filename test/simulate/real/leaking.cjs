'use strict';
// The built function, which prints the key of its role as well, the way a signed URL would hold it.
const { handler } = require('../../../dist/lambda/index.js');

exports.handler = (event, context) => {
  console.log(`https://example.com/?key=${encodeURIComponent(process.env.AWS_SECRET_ACCESS_KEY)}`);
  return handler(event, context);
};
