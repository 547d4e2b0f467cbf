using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>Whatever a user calls with nothing where something is needed says so at once, and by its name, and not later as a failure of something else.</summary>
[TestFixture]
internal sealed class NullArgumentTests
{
    // The others are the users' own to implement.
    private static readonly Type[] Implemented =
        [typeof(ISidecarBuilder), typeof(ISidecarBuilder<>), typeof(ISidecarControl), typeof(IAmbassadorControl), typeof(IMetricsAgent)];

    // Nobody else can make one.
    private static readonly Type[] MadeByTheLibrary = [typeof(CredentialTarget), typeof(MetricsSnapshot)];

    [TestCaseSource(nameof(Parameters))]
    public void Null_WhereSomethingIsNeeded_IsToldByTheNameOfTheParameter(MethodBase method, ParameterInfo parameter)
    {
        using var services = Services().BuildServiceProvider();
        var arguments = method.GetParameters()
            .Select(other => other.Position == parameter.Position || other.IsOptional ? null : Make(other.ParameterType, services))
            .ToArray();
        var instance = method.IsStatic || method.IsConstructor ? null : Make(method.DeclaringType!, services);

        var failure = Assert.Catch(() => Call(method, instance, arguments));

        Assert.That(failure, Is.InstanceOf<ArgumentNullException>().With.Property(nameof(ArgumentException.ParamName)).EqualTo(parameter.Name));
    }

    private static IEnumerable<TestCaseData> Parameters() =>
        from assembly in Packages.Both
        from type in assembly.GetExportedTypes()
        where !type.IsAssignableTo(typeof(Exception)) && !type.IsAssignableTo(typeof(Delegate))
            && (!type.IsInterface || Implemented.Contains(type)) && !MadeByTheLibrary.Contains(type)
        from method in MethodsOf(type)
        from parameter in method.GetParameters()
        where !parameter.ParameterType.IsValueType && !parameter.ParameterType.IsByRef && IsNeeded(parameter)
        select new TestCaseData(method, parameter).SetArgDisplayNames($"{type.Name}.{method.Name}({method.GetParameters().Length}).{parameter.Name}");

    private static bool IsNeeded(ParameterInfo parameter) => new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.NotNull;

    private static IEnumerable<MethodBase> MethodsOf(Type type)
    {
        var closed = type.IsGenericTypeDefinition ? type.MakeGenericType([.. type.GetGenericArguments().Select(static _ => typeof(int))]) : type;
        var methods = closed.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(static method => !method.IsSpecialName)
            .Select(static method => method.IsGenericMethodDefinition ? method.MakeGenericMethod([.. method.GetGenericArguments().Select(Choose)]) : method);
        return [.. methods, .. closed.GetConstructors()];
    }

    private static Type Choose(Type parameter) =>
        parameter.GetGenericParameterConstraints() is [var constraint] && constraint == typeof(ISidecarBuilder) ? typeof(ISidecarBuilder)
        : parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) ? typeof(object)
        : parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? typeof(IAnything)
        : typeof(int);

    private static void Call(MethodBase method, object? instance, object?[] arguments)
    {
        try
        {
            var result = method is ConstructorInfo constructor ? constructor.Invoke(arguments) : method.Invoke(instance, arguments);
            if (result is Task task)
            {
                task.GetAwaiter().GetResult();
            }
        }
        catch (TargetInvocationException exception)
        {
            throw exception.InnerException!;
        }
    }

    private static ServiceCollection Services()
    {
        var services = new ServiceCollection();
        services.AddSidecar<int>("audit", static (_, _, _) => ValueTask.CompletedTask);
        services.AddMetricsSidecar();
        services.AddAmbassadorClient("orders", static options => options.BaseAddress = new Uri("https://orders.test"));
        return services;
    }

    private static object? Make(Type type, IServiceProvider services) => type switch
    {
        _ when type == typeof(string) => "orders",
        _ when type == typeof(int) => 1,
        _ when type == typeof(Uri) => new Uri("https://orders.test"),
        _ when type == typeof(IServiceProvider) => services,
        _ when type == typeof(IServiceCollection) => new ServiceCollection(),
        _ when type == typeof(IHttpClientBuilder) => new ServiceCollection().AddHttpClient("orders"),
        _ when type == typeof(IHealthChecksBuilder) => new ServiceCollection().AddHealthChecks(),
        _ when type == typeof(IHostApplicationBuilder) => Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings()),
        _ when type == typeof(ILoggingBuilder) => Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings()).Logging,
        _ when type == typeof(LogSidecarBuilder) => Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings()).Logging.AddSidecar(),
        _ when type.IsAssignableFrom(typeof(ISidecarBuilder<int>)) => new ServiceCollection().AddSidecar<int>("audit", static (_, _, _) => ValueTask.CompletedTask),
        _ when type == typeof(SidecarContext) => new SidecarContext("audit", services),
        _ when type == typeof(AmbassadorCredential) => AmbassadorCredential.Bearer("token"),
        _ when type == typeof(JsonTypeInfo<int>) => JsonSerializerOptions.Default.GetTypeInfo(typeof(int)),
        _ when type.IsAssignableTo(typeof(Delegate)) => MakeDelegate(type),
        _ when type.IsValueType || type.GetConstructor(Type.EmptyTypes) is not null => Activator.CreateInstance(type),
        _ when type == typeof(IValidateOptions<object>) => new ValidateOptions<object>(name: null, static _ => true, "wrong"),
        _ when type == typeof(IValidateOptions<IAnything>) => new ValidateOptions<IAnything>(name: null, static _ => true, "wrong"),
        _ => services.GetRequiredService(type),
    };

    private static Delegate MakeDelegate(Type type)
    {
        var invoke = type.GetMethod("Invoke")!;
        return Expression.Lambda(
            type, Expression.Default(invoke.ReturnType), invoke.GetParameters().Select(static parameter => Expression.Parameter(parameter.ParameterType))).Compile();
    }

    /// <summary>Whatever kind of service a method asks for, this is one.</summary>
    private interface IAnything :
        ISidecar, ISidecar<int>, ISidecar<int, int>, IBatchSidecar<int>, IBatchSidecar<LogEntry>, ISidecarSource<int>, ISidecarSource<ConfigurationDocument>,
        IHostedService, IAmbassadorCredentialProvider, IEndpointSource;
}
