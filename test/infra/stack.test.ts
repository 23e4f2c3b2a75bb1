import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { readSettings } from '../../infra/settings';
import { LinkRotationStack } from '../../infra/stack';

test('the outputs name what an operator looks for: the function, its log group, the journal and the topic', () => {
  jest.spyOn(Code, 'fromAsset').mockReturnValue(Code.fromInline('x') as never);
  const app = new App();
  const template = Template.fromStack(new LinkRotationStack(app, 'Stack', readSettings(app.node)));
  const [refs, resources] = [
    template.findOutputs('*'),
    template.toJSON() as { Resources: Record<string, { Type: string }> },
  ];
  const types = Object.entries(refs).map(([name, { Value }]) => [
    name,
    resources.Resources[(Value as { Ref: string }).Ref]?.Type,
  ]);
  expect(Object.fromEntries(types)).toEqual({
    FunctionName: 'AWS::Lambda::Function',
    LogGroupName: 'AWS::Logs::LogGroup',
    JournalTableName: 'AWS::DynamoDB::Table',
    TopicArn: 'AWS::SNS::Topic',
  });
});
