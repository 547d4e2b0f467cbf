using NUnit.Framework.Interfaces;

[assembly: SidecarPatterns.Tests.StopAtFirstFailure]

namespace SidecarPatterns.Tests
{
    /// <summary>Passes over all tests after one that failed: the mutant is found, and most of the others would wait in vain.</summary>
    [AttributeUsage(AttributeTargets.Assembly)]
    internal sealed class StopAtFirstFailureAttribute : Attribute, ITestAction
    {
        public static bool HasFailed { get; set; }

        public ActionTargets Targets => ActionTargets.Test;

        public void BeforeTest(ITest test)
        {
            if (HasFailed)
            {
                Assert.Ignore("Another test has failed.");
            }

            if (test.Properties["Category"].Contains("Memory"))
            {
                Assert.Ignore("To ask which mutant is active may take memory too.");
            }
        }

        public void AfterTest(ITest test) => HasFailed |= TestContext.CurrentContext.Result.Outcome.Status == TestStatus.Failed;
    }
}

/// <summary>The program lives on from mutant to mutant. Outside of all namespaces, so that it is the first of each run.</summary>
[SetUpFixture]
internal sealed class EachRun
{
    [OneTimeSetUp]
    public void Begin() => SidecarPatterns.Tests.StopAtFirstFailureAttribute.HasFailed = false;
}
